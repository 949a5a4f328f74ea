import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addPlaceCommand, doctorPlaceCommand, listPlacesCommand } from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { findPlace } from '../../main/settings/places.ts'
import { builtPackage } from '../support/fleet/built-package.ts'
import { startCondorLab } from '../support/fleet/condor-lab.ts'
import { startSshd } from '../support/fleet/sshd.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a pool becomes a place by one command over ssh, which looks at a node as a task is reached there', async () => {
  const root = await temporaryFolder()
  const usualPath = process.env.PATH
  await using lab = await startCondorLab(root, [])
  await using login = await startSshd(root, process.env.PATH)
  process.env.PATH = usualPath // HTCondor's commands are where ssh leads to, and not here.
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  const said: string[] = []
  const terminal = { ...processTerminal(home), say: (line: string) => void said.push(line), note: () => undefined }
  const folder = join(root, 'shared')
  const flags = {
    ...{ htcondor: true, login: login.host, sshOption: login.options, requirements: 'Memory > 1000' },
    ...{ node: process.execPath, folder, scratch: lab.scratch },
  }
  // The jobs' user is another one than whom ssh leads to, and may not read the program yet.
  const added = addPlaceCommand(terminal, 'pool', flags, await builtPackage(join(root, 'package')))
  await expect(added).rejects.toMatchObject({ code: 'host-incomplete' })
  expect(said.join('\n')).toContain('No node could be looked at')
  const [key = ''] = await readdir(join(folder, 'program'))
  const { homeKey: _, ...found } = await findPlace(home, 'pool')
  expect(found).toMatchObject({
    ...{ kind: 'htcondor', login: { host: login.host }, job: { requirements: 'Memory > 1000' } },
    command: [process.execPath, join(folder, 'program', key, 'dist', 'node.js'), lab.scratch],
  })
  said.length = 0
  await listPlacesCommand(terminal)
  expect(said).toEqual([expect.stringContaining(`  pool: htcondor ${login.host}, requirements Memory > 1000, `)])

  // Whether a task could run depends on this machine: that a node was looked at is told by what it lacks, or by the last word.
  await runOrThrow('chmod', ['-R', 'a+rX', folder])
  said.length = 0
  await doctorPlaceCommand(terminal, 'pool').catch((error: Error) => void said.push(error.message))
  expect(said.at(-1)).toMatch(/^The place pool can(not)? run tasks/)
  expect(said.join('\n')).not.toContain('No node could be looked at')
  expect(await lab.command('condor_q', '-constraint', 'JobStatus < 3', '-af', 'JobBatchName')).toBe('')

  await lab.killController()
  await expect(doctorPlaceCommand(terminal, 'pool')).rejects.toMatchObject({ code: 'place-unreachable' })
})
