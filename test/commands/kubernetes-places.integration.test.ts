import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addPlaceCommand, doctorPlaceCommand, listPlacesCommand } from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { findPlace } from '../../main/settings/places.ts'
import { runCommand } from '../support/command-line.ts'
import { kubeScene } from '../support/fleet/kube/kube-scene.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a namespace becomes a place by one command, which looks at a node by a Job of its own', async () => {
  await using scene = await kubeScene(() => 'exit 1')
  const [node, program] = scene.place.command as readonly [string, string]
  scene.cluster.programs.set('/usr/local/bin/microvm-orchestrator-node', [node, program])
  const home = join(scene.root, 'home')
  const said: string[] = []
  const terminal = { ...processTerminal(home), say: (line: string) => void said.push(line), note: () => undefined }
  await addPlaceCommand(terminal, 'team', { kubernetes: true, image: 'registry.example/place:2' })
  expect(said).toEqual(['Added: team', 'The place team can run tasks.'])
  const { homeKey: _, ...found } = await findPlace(home, 'team')
  expect(found).toEqual({
    ...{ name: 'team', kind: 'kubernetes', context: 'lab', namespace: 'team', image: 'registry.example/place:2' },
    ...{ devices: ['devices.kubevirt.io/kvm', 'devices.kubevirt.io/tun'] },
    store: { kind: 'host-path', path: '/var/lib/microvm-orchestrator' },
    command: ['/usr/local/bin/microvm-orchestrator-node', '/var/lib/microvm-orchestrator'],
  })
  await expect.poll(() => scene.cluster.jobs.size).toBe(0)
  said.length = 0
  await listPlacesCommand(terminal)
  expect(said.at(-1)).toContain(
    '  team: kubernetes the namespace team of lab, context lab, namespace team, image registry',
  )

  // Whoever shares a store could look into the keepers that have the key.
  const withKey = { kubernetes: true, image: 'registry.example/place:2', key: 'node' } as const
  await expect(addPlaceCommand(terminal, 'keyed', withKey)).rejects.toMatchObject({
    code: 'argument-invalid',
    message: expect.stringContaining('--claim'),
  })
  for (const store of [{ store: '/srv/mine' }, { claim: 'mine' }])
    await addPlaceCommand(terminal, 'keyed', { ...withKey, ...store })
  expect(await findPlace(home, 'keyed')).toMatchObject({ key: 'node', store: { kind: 'claim', claim: 'mine' } })
  await expect.poll(() => scene.cluster.jobs.size).toBe(0)

  // An image that has no such program.
  scene.cluster.programs.clear()
  said.length = 0
  await expect(doctorPlaceCommand(terminal, 'team')).rejects.toMatchObject({ code: 'host-incomplete' })
  expect(said.join('\n')).toContain('No node could be looked at: Error: exit status 128')
  scene.api.unkind.refusal = {
    code: 403,
    reason: 'Forbidden',
    message: 'jobs.batch is forbidden: User "me" cannot create',
  }
  said.length = 0
  await expect(doctorPlaceCommand(terminal, 'team')).rejects.toMatchObject({ code: 'host-incomplete' })
  expect(said.join('\n')).toContain('User "me" cannot create')
  scene.api.unkind.isExpired = true
  await expect(doctorPlaceCommand(terminal, 'team')).rejects.toMatchObject({ code: 'place-unreachable' })
  await expect(
    addPlaceCommand(terminal, 'team', { kubernetes: true, image: 'i', context: 'nowhere' }),
  ).rejects.toMatchObject({ code: 'argument-invalid' })
  expect(scene.api.faults).toEqual([])
})

test('flags that do not go together name no namespace', async () => {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  for (const args of [
    ['--kubernetes', '--slurm', '--image', 'i'],
    ['--kubernetes', '--image', 'i', '--folder', '/srv'],
    ['--ssh', 'desk', '--image', 'i'],
    ['--kubernetes'],
    ['--kubernetes', '--image', 'i', '--device', 'a/b', '--store', '/a', '--claim', 'a'],
    ['--kubernetes', '--image', 'i', '--device', 'a/b', '--host-devices'],
  ]) {
    const { exitCode, stderr } = await runCommand(['places', 'add', 'team', ...args], { home })
    expect(exitCode, args.join(' ')).toBe(1)
    expect(stderr).toMatch(/^Error: /)
  }
  expect(await readdir(home)).toEqual([])
})
