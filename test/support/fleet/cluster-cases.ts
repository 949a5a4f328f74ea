import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDetails } from '../../../main/api/place-views.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { ClusterKind } from '../../../main/core/task/task-place.ts'
import { createFleet } from '../../../main/fleet/fleet.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { addPlace, findPlace } from '../../../main/settings/places.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import type { Orchestrator } from '../../../main/tasks/orchestrator.ts'
import { gitIn, makeRepository } from '../git/repositories.ts'
import { guestThatCommits, startOrchestrator, testKey, untilEnded } from '../orchestrator.ts'
import { toWork } from './at-work.ts'
import { type ClusterScene, clusterScene } from './clustered.ts'
import { startPlacedHome } from './start-placed-home.ts'
import { guestThatWaits, letGo } from './waiting-guest.ts'

const soon = { timeout: 120_000 }
const place = { description: 'Greet the secret guest', repo: 'project', place: 'cluster' } as const

const whyOf = async (orchestrator: Orchestrator, id: TaskId) =>
  (await placeDetails(orchestrator))[0]?.tasks.find(({ task_id }) => task_id === id)?.waits_because
const homeKeyOf = async ({ root }: ClusterScene) => (await findPlace(join(root, 'home'), 'cluster')).homeKey

/** What holds for a task at any cluster while nothing fails. */
export function placeCases(kind: ClusterKind): void {
  test('a task is a job that carries its seat alone; it survives its home, and its work is merged', async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    const first = await startPlacedHome(scene.root, 'cluster', place.description)
    const { id } = first
    const seat = `${await homeKeyOf(scene)}-${id}`
    await expect.poll(() => scene.lab.jobs(), soon).toEqual([{ seat, state: 'runs' }])
    await first.started(soon)
    first.kill()

    // What the engine keeps of the job, here as its controller saves it and as the node has it.
    const inKept = async (words: string) => (await run('grep', ['-rlaE', words, ...scene.lab.kept])).stdout
    expect(await inKept(`${testKey}|secret guest`)).toBe('')
    expect(await inKept(seat)).not.toBe('')

    await letGo(scene)
    await using home = await startOrchestrator(scene.setup)
    const task = await untilEnded(home.orchestrator, id)
    expect(task.state).toMatchObject({ phase: 'finished', slot: null, outcome: { kind: 'merged' } })
    expect(task.notes).toEqual([])
    expect(await gitIn(scene.repo, ['show', 'refs/heads/main:greeting.txt'])).toBe(`from ${place.description}`)
    await expect.poll(() => readdir(join(scene.lab.scratchOf(task.node ?? ''), 'seats')), soon).toEqual([])
    await expect.poll(() => scene.lab.jobs(), soon).toEqual([{ seat, state: 'done' }])
  })

  test("a job waits while nodes are full or drained, in its engine's words; one is cancelled there, and one by its user", async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const { orchestrator } = home
    const { words, ...lab } = scene.lab
    const empty = await lab.fill()
    const ids = await Promise.all([1, 2, 3].map(() => orchestrator.run(place)))
    const [kept, dropped, killed] = ids as [TaskId, TaskId, TaskId]
    for (const id of ids) await expect.poll(() => whyOf(orchestrator, id), soon).toMatch(words.full)
    expect(await placeDetails(orchestrator)).toMatchObject([
      { name: 'cluster', kind, host: null, free: null, running: 0, waiting: 3, away: null },
    ])

    await orchestrator.cancel(dropped)
    expect((await untilEnded(orchestrator, dropped)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
    await lab.cancel(`${await homeKeyOf(scene)}-${killed}`)
    expect((await untilEnded(orchestrator, killed)).state).toMatchObject({
      outcome: {
        kind: 'failed',
        failure: {
          code: 'interrupted',
          message: expect.stringContaining('Its job was cancelled at the place cluster before it ran'),
        },
      },
    })

    const open = [await lab.bar('n1'), await lab.bar('n2')]
    await empty()
    await expect.poll(() => whyOf(orchestrator, kept), soon).toMatch(words.barred)
    for (const each of open) await each()
    await toWork(orchestrator, kept, soon)
    await letGo(scene)
    expect((await untilEnded(orchestrator, kept)).state).toMatchObject({ outcome: { kind: 'merged' } })
    expect(home.events.read(0)).toHaveLength(3)
    const alive = async () => (await lab.jobs()).filter(({ state }) => ['waits', 'runs', 'ends'].includes(state))
    await expect.poll(alive, soon).toEqual([])
  })

  test('a further task of a repository wishes for the node that has its history, and runs elsewhere where that is away', async () => {
    await using scene = await clusterScene(kind, () => guestThatCommits('greeting.txt'))
    await using home = await startOrchestrator(scene.setup)
    const { orchestrator } = home
    const nodeOf = async (description: string): Promise<string | null> => {
      const task = await untilEnded(orchestrator, await orchestrator.run({ ...place, description }))
      expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
      return task.node
    }
    const open = await scene.lab.bar('n1')
    expect(await nodeOf('First')).toBe('n2')
    await open()
    // By itself the engine would give the first one.
    expect(await nodeOf('Second')).toBe('n2')
    await scene.lab.bar('n2')
    expect(await nodeOf('Third')).toBe('n1')
  })

  test('two homes use one cluster without knowing of each other, and each asks once for all of its jobs', async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const root = join(scene.root, 'other')
    await makeRepository(join(root, 'project'))
    await registerRepository(join(root, 'home'), { path: join(root, 'project') })
    await addPlace(join(root, 'home'), scene.place)
    await using other = await startOrchestrator({ root, guest: 'exit 1', places: (folder) => createFleet(folder) })
    const ids = [await home.orchestrator.run(place), await other.orchestrator.run(place)] as const
    await toWork(home.orchestrator, ids[0], soon)
    await toWork(other.orchestrator, ids[1], soon)
    const seats = (await scene.lab.jobs()).map(({ seat }) => seat)
    const homeKey = await homeKeyOf(scene)
    expect(seats.filter((seat) => seat.startsWith(homeKey))).toEqual([`${homeKey}-${ids[0]}`])
    expect(seats).toHaveLength(2)
    await letGo(scene)
    for (const [each, id] of [
      [home, ids[0]],
      [other, ids[1]],
    ] as const)
      expect((await untilEnded(each.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  })
}
