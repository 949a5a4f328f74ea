import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDetails } from '../../../main/api/place-views.ts'
import type { Task, TaskId } from '../../../main/core/task/task.ts'
import type { ClusterKind } from '../../../main/core/task/task-place.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import type { Orchestrator } from '../../../main/tasks/orchestrator.ts'
import { gitIn } from '../git/repositories.ts'
import { startOrchestrator, untilEnded } from '../orchestrator.ts'
import { expectFailedWithWork, toUnsavedWork } from './at-work.ts'
import { type ClusterScene, clusterScene } from './clustered.ts'
import { guestThatWaits, letGo } from './waiting-guest.ts'

const soon = { timeout: 240_000 }
const place = { description: 'Greet', repo: 'project', place: 'cluster' } as const

export interface AtWork {
  readonly id: TaskId
  readonly node: string
  readonly seat: string
}

/** Runs a task, and resolves when its agent has work that is not committed. */
export async function toWork(orchestrator: Orchestrator): Promise<AtWork> {
  const id = await orchestrator.run(place)
  const task = await toUnsavedWork(orchestrator, id, soon)
  return { id, node: task.node ?? '', seat: task.place?.seat ?? '' }
}

async function expectMerged({ repo }: ClusterScene, { state }: Task): Promise<void> {
  // The whole of another outcome is shown.
  expect(state.phase === 'finished' ? state.outcome : state).toEqual(expect.objectContaining({ kind: 'merged' }))
  expect(await gitIn(repo, ['show', 'refs/heads/main:greeting.txt'])).toBe('from Greet')
}

/** What can fail at any cluster, and what becomes of a task then. @param steady lines of the configuration of an engine whose controller may be away for a while. */
export function failureCases(kind: ClusterKind, steady: readonly string[] = []): void {
  test('a keeper that is killed is followed by one that adopts its machine, and an attachment that is cut by another', async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const { id, node, seat } = await toWork(home.orchestrator)
    const folder = join(scene.lab.scratchOf(node), 'seats')
    expect(await readdir(folder)).toEqual([seat])
    const keeper = async (): Promise<number> =>
      JSON.parse(await readFile(join(folder, seat, 'keeper.json'), 'utf8')).pid
    const first = await keeper()
    await scene.lab.signal(node, first, 'SIGKILL')
    await expect.poll(keeper, soon).not.toBe(first)
    await scene.lab.cut(seat, node)
    await letGo(scene)
    const task = await untilEnded(home.orchestrator, id)
    await expectMerged(scene, task)
    expect(task.notes).toEqual([])
  })

  test('a job that an administrator cancels saves what there is, and the task says that it was cancelled there', async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const { id, seat } = await toWork(home.orchestrator)
    await scene.lab.cancel(seat)
    const task = await untilEnded(home.orchestrator, id)
    await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
    expect(task.notes.join('\n')).toContain(`The place cluster ended the job of the task: `)
    expect(task.notes.join('\n')).toContain(scene.lab.words.cancelled)
  })

  test('a job over its time limit is told so in time, saves what there is, and the task has run out of time', async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const { id, seat, node } = await toWork(home.orchestrator)
    await scene.lab.expire(seat, node)
    const task = await untilEnded(home.orchestrator, id)
    await expectFailedWithWork(scene, home, task, {
      code: 'timed-out',
      message: expect.stringContaining('The job of the task ran into its limit of time'),
    })
  })

  test('a node that loses power and comes back gives what the guest had written to another job, and is waited for until then', async () => {
    await using scene = await clusterScene(kind, guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const { id, node } = await toWork(home.orchestrator)
    await scene.lab.kill(node)
    const why = async () => (await placeDetails(home.orchestrator))[0]?.tasks[0]?.waits_because ?? ''
    await expect.poll(why, soon).toMatch(scene.lab.words.gone)
    expect(home.events.read(0)).toEqual([])
    await scene.lab.boot(node)
    const task = await untilEnded(home.orchestrator, id)
    await expectFailedWithWork(scene, home, task, { code: 'guest-failed' })
    expect(task.node).toBe(node)
    expect(task.notes.join('\n')).toContain(`The place cluster ended the job of the task: ${scene.lab.words.lost}`)
  })

  test('a controller that is killed and comes back neither ends a task nor loses one that was to begin meanwhile', async () => {
    await using scene = await clusterScene(kind, guestThatWaits, { more: steady })
    await using home = await startOrchestrator(scene.setup)
    const { orchestrator } = home
    const { id: running } = await toWork(orchestrator)
    await scene.lab.killController()
    const next = await orchestrator.run({ ...place, description: 'Greet again' })
    await expect.poll(async () => (await placeDetails(orchestrator))[0]?.away, soon).toMatch(/cannot be reached/)
    await letGo(scene)
    await expectMerged(scene, await untilEnded(orchestrator, running))
    await scene.lab.startController()
    expect((await untilEnded(orchestrator, next)).state).toMatchObject({ outcome: { kind: 'merged' } })
    expect((await run('cat', [join(home.home, 'events.jsonl')])).stdout.trim().split('\n')).toHaveLength(2)
  })
}
