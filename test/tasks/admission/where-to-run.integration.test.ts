import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../../main/core/failure.ts'
import type { Room } from '../../../main/core/task/place-order.ts'
import type { SshPlace } from '../../../main/core/task/task-place.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { endTask } from '../../../main/tasks/finish/end-task.ts'
import type { Places } from '../../../main/tasks/run/task-run.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const placeNamed = (name: string): SshPlace => ({
  ...{ name, kind: 'ssh', host: name, options: [] },
  command: ['/opt/node', '/opt/node.js'],
})
const enough = 10_000

/** Two places whose room the test says, and a host with so much memory. Tasks at places end as soon as they begin. */
async function start({
  hostMiB = enough,
  placeOrder = ['local'] as readonly string[],
  rooms = {} as Record<string, Room>,
}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const places: Places = {
    list: async () => [placeNamed('desk'), placeNamed('lab')],
    find: async (name) => {
      if (name !== 'desk' && name !== 'lab') throw new AppError('place-unknown', `There is no place '${name}'`)
      return { ...placeNamed(name), homeKey: '0'.repeat(16) }
    },
    room: ({ name }) => rooms[name] ?? 'free',
    standing: () => undefined,
    problems: async () => [],
    look: async () => undefined,
    bringRest: async () => false,
    run: async ({ record }) => {
      await endTask(record, { code: 'cancelled', message: 'The test is over' })
      return 'finished'
    },
  }
  const home = await startOrchestrator({
    ...{ root, guest: 'sleep 60', placeOrder, places: () => places },
    hostMemory: async () => hostMiB,
  })
  const placeOf = async (wish: { place?: string; queue?: boolean } = {}) => {
    const id = await home.orchestrator.run({ description: 'Do it', repo: 'project', ...wish })
    return (await home.orchestrator.get(id)).place?.name ?? 'local'
  }
  return { ...home, root, repo, placeOf, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() }
}

test('a task that names no place runs here while there is room, and then at the next place in order', async () => {
  const order = ['local', 'desk', 'lab']
  await using roomy = await start({ placeOrder: order })
  expect(await roomy.placeOf()).toBe('local')
  await using full = await start({ hostMiB: 10, placeOrder: order, rooms: { desk: 'full' } })
  expect(await full.placeOf()).toBe('local') // The first guest is given what there is.
  expect(await full.placeOf()).toBe('lab')
  expect(await full.placeOf({ place: 'desk' })).toBe('desk')
  expect(await full.placeOf({ queue: true, place: 'local' })).toBe('local')
})

test('without an order nothing goes elsewhere by itself, and a full host refuses as before', async () => {
  await using home = await start({ hostMiB: 10 })
  expect(await home.placeOf()).toBe('local')
  await expect(home.placeOf()).rejects.toMatchObject({ code: 'memory-short' })
  expect(await home.placeOf({ place: 'local,desk' })).toBe('desk')
})

test("a repository's order counts in place of the settings'", async () => {
  await using home = await start({ placeOrder: ['desk'] })
  expect(await home.placeOf()).toBe('desk')
  await registerRepository(home.home, { path: home.repo, places: ['lab', 'local'] })
  expect(await home.placeOf()).toBe('lab')
  await registerRepository(home.home, { path: home.repo, places: null })
  expect(await home.placeOf()).toBe('desk')
})

test('a name of the settings that is no place any more is passed over, and one that a task names is refused', async () => {
  await using home = await start({ placeOrder: ['gone', 'local'] })
  expect(await home.placeOf()).toBe('local')
  await expect(home.placeOf({ place: 'gone,local' })).rejects.toMatchObject({ code: 'place-unknown' })
  await expect(home.placeOf({ place: 'desk,,' })).rejects.toMatchObject({ code: 'argument-invalid' })
})

test('a repository that no place can have runs here, and where there is no room the reason is that', async () => {
  await using home = await start({ placeOrder: ['desk', 'local'] })
  await writeFile(join(home.repo, '.gitmodules'), '[submodule "x"]\n\tpath = x\n\turl = ../x\n')
  await gitIn(home.repo, ['add', '-A'])
  await gitIn(home.repo, ['commit', '-qm', 'A submodule'])
  await gitIn(home.repo, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},x`])
  await gitIn(home.repo, ['commit', '-qm', 'Its commit'])
  const asked = home.placeOf({ place: 'desk' })
  await expect(asked).rejects.toMatchObject({ code: 'repository-invalid' })
  expect(await home.placeOf()).toBe('local')
})

test('what others begin after is no matter of room now: a task that comes after one waits here', async () => {
  await using home = await start({ placeOrder: ['desk'] })
  const first = await home.orchestrator.run({ description: 'First', repo: 'project', place: 'desk' })
  const next = await home.orchestrator.run({ description: 'Next', repo: 'project', after: [first] })
  expect((await home.orchestrator.get(next)).place).toBeUndefined()
})
