import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { addPlaceCommand, doctorPlaceCommand } from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { run, runOrThrow } from '../../main/lib/processes/spawn.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say, sequence } from '../support/claude/scripted-turn.ts'
import { scriptedKey, startOrchestra } from '../support/faults/orchestra.ts'
import { builtPackage } from '../support/fleet/built-package.ts'
import { startCondorLab } from '../support/fleet/condor-lab.ts'
import { startSshd } from '../support/fleet/sshd.ts'
import { subjectsOf } from '../support/git/repositories.ts'
import { prepareHost } from '../support/machines/prepare-host.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a real machine on a node that HTCondor chose does a task with the real Claude Code, and the key stays at home', async () => {
  const work = sequence(
    () => bash("echo hi > hello.md && git add . && git commit -qm 'Add hello.md'"),
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { work }, expectedKey: scriptedKey })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: {},
  })
  const root = await temporaryFolder()
  const usualPath = process.env.PATH ?? ''
  const { directory } = await prepareHost(() => undefined, AbortSignal.timeout(600_000))
  await using lab = await startCondorLab(root, [
    `${directory}=/home/lab/.cache/microvm-orchestrator/images/${basename(directory)}`,
  ])
  // HTCondor's commands are found where ssh leads to, and not here.
  await using login = await startSshd(root, process.env.PATH)
  process.env.PATH = usualPath
  const said: string[] = []
  const terminal = {
    ...processTerminal(orchestra.home),
    say: (line: string) => void said.push(line),
    note: () => undefined,
  }
  const folder = join(root, 'program')
  const place = {
    ...{ htcondor: true, login: login.host, sshOption: login.options, requirements: 'Memory > 1000' },
    ...{ node: process.execPath, folder, scratch: lab.scratch },
  }
  // The jobs' user is another one than whom ssh leads to, and may not read the program: the doctor sees that.
  const added = addPlaceCommand(terminal, 'pool', place, await builtPackage(join(root, 'package')))
  await expect(added).rejects.toMatchObject({ code: 'host-incomplete' })
  expect(said.join('\n')).toContain('No node could be looked at')
  await runOrThrow('chmod', ['-R', 'a+rX', folder])
  said.length = 0
  await doctorPlaceCommand(terminal, 'pool')
  expect(said.at(-1)).toBe('The place pool can run tasks.')

  await orchestra.command('allow', orchestra.pathOf('project'), '--egress', 'closed')
  const { stdout } = await orchestra.command('run', 'project', 'Add hello.md. [script: work]', '--place', 'pool')
  const view = await orchestra.until(stdout.trim(), 'finished')
  expect(view).toMatchObject({
    ...{ status: 'completed', error: null, place: 'pool', slot: null, merge_result: { merged: true } },
    node: expect.stringMatching(/^n[12]$/),
  })
  expect(await subjectsOf(orchestra.pathOf('project'), 'main')).toEqual(['Add hello.md', 'Start'])
  expect(api.requests.length).toBeGreaterThan(1)
  expect(api.requests.filter(({ accepted }) => !accepted)).toEqual([])
  const kept = ['condor', 'program'].map((name) => join(root, name))
  expect((await run('grep', ['-rla', '--exclude-dir=root', scriptedKey, ...kept])).stdout).toBe('')
})
