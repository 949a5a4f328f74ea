import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addPlaceCommand, doctorPlaceCommand, listPlacesCommand, type PlaceFlags } from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { findPlace } from '../../main/settings/places.ts'
import { runCommand } from '../support/command-line.ts'
import { builtPackage } from '../support/fleet/built-package.ts'
import { startSlurmLab } from '../support/fleet/slurm-lab.ts'
import { startSshd } from '../support/fleet/sshd.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a cluster becomes a place by one command over ssh, which looks at a node by a job of its own', async () => {
  const root = await temporaryFolder()
  const usualPath = process.env.PATH
  await using lab = await startSlurmLab(root)
  await using login = await startSshd(root, process.env.PATH)
  process.env.PATH = usualPath // Slurm's commands are where ssh leads to, and not here.
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  const [said, noted]: [string[], string[]] = [[], []]
  const terminal = {
    ...processTerminal(home),
    say: (line: string) => void said.push(line),
    note: (line: string) => void noted.push(line),
  }
  const folder = join(root, 'shared')
  const flags: PlaceFlags = {
    ...{ slurm: true, login: login.host, sshOption: login.options, partition: 'main' },
    ...{ node: process.execPath, folder, scratch: lab.scratch },
  }
  // Whether a task could run depends on this machine: the last word says which.
  const verdict = (act: Promise<void>) =>
    act.then(
      () => said.at(-1),
      (error: Error) => error.message,
    )
  const program = await builtPackage(join(root, 'package'))
  const added = await verdict(addPlaceCommand(terminal, 'cluster', flags, program))
  expect(added).toMatch(/^The place cluster can(not)? run tasks/)
  expect(said.join('\n')).toContain('does not track processes by cgroup')
  // A step has no PATH of its own: what is found here is found there, too.
  const here = await run(process.execPath, [join(program, 'dist', 'node.js'), join(root, 'here'), 'doctor'])
  const missingHere = here.stdout.split('\n').filter((line) => line.includes('"optional":false'))
  expect(said.filter((line) => line.startsWith('  missing'))).toHaveLength(missingHere.length)
  const [key = ''] = await readdir(join(folder, 'program'))
  const { homeKey: _, ...found } = await findPlace(home, 'cluster')
  expect(found).toMatchObject({
    ...{ kind: 'slurm', login: { host: login.host }, job: { partition: 'main' } },
    command: [process.execPath, join(folder, 'program', key, 'dist', 'node.js'), lab.scratch],
  })
  said.length = 0
  await listPlacesCommand(terminal)
  expect(said).toEqual([expect.stringContaining(`  cluster: slurm ${login.host}, partition main, `)])
  expect(noted.join()).not.toContain('TLSType')
  await verdict(addPlaceCommand(terminal, 'keyed', { ...flags, key: 'node' }, program))
  expect(noted.join()).toContain('TLSType')

  // A node that does not see the program.
  await rename(join(folder, 'program'), join(folder, 'elsewhere'))
  said.length = 0
  expect(await verdict(doctorPlaceCommand(terminal, 'cluster'))).toContain('The place cluster cannot run tasks yet')
  expect(said.join('\n')).toContain('No node could be looked at')
  await lab.killController()
  await expect(doctorPlaceCommand(terminal, 'cluster')).rejects.toMatchObject({ code: 'place-unreachable' })
})

test('flags that do not go together name no place', async () => {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  for (const args of [
    ['cluster'],
    ['cluster', '--slurm', '--ssh', 'desk'],
    ['cluster', '--slurm', '--htcondor', '--scratch', '/scratch'],
    ['cluster', '--slurm', '--group', 'physics'],
    ['pool', '--htcondor'],
    ['pool', '--htcondor', '--scratch', '/var/tmp/../tmp/mine'],
    ['pool', '--htcondor', '--scratch', '/scratch', '--partition', 'main'],
    ['pool', '--htcondor', '--scratch', '/scratch', '--requirements', 'true\nqueue 100'],
    ['desk', '--ssh', 'desk', '--scratch', '/scratch'],
    ['desk', '--ssh', 'desk', '--partition', 'main'],
    ['desk', '--ssh', 'desk', '--login', 'desk'],
    ['cluster', '--slurm', '--ssh-option', 'Port=22'],
    ['cluster', '--slurm', '--partition', 'main --uid=0'],
    ['cluster', '--slurm', '--qos=-x'],
    ['local', '--ssh', 'desk'],
  ]) {
    const { exitCode, stderr } = await runCommand(['places', 'add', ...args], { home })
    expect(exitCode, args.join(' ')).toBe(1)
    expect(stderr).toMatch(/^Error: /)
  }
  expect(await readdir(home)).toEqual([])
})
