import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import type { Task, TaskId } from '../../main/core/task/task.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import type { Orchestrator } from '../../main/tasks/orchestrator.ts'
import { type ClusterScene, clusterScene } from '../support/fleet/clustered.ts'
import { guestThatWaits, letGo } from '../support/fleet/waiting-guest.ts'
import { gitIn } from '../support/git/repositories.ts'
import { startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 240_000 }
const place = { description: 'Greet', repo: 'project', place: 'cluster' } as const

/** Resolves when the agent has work that is not committed. */
async function toWork(orchestrator: Orchestrator, id: TaskId): Promise<Task> {
  const console = await orchestrator.consolePath(id)
  await expect.poll(() => readFile(console, 'utf8').catch(() => ''), soon).toContain('at work')
  await expect.poll(async () => (await orchestrator.get(id)).state.phase, soon).toBe('working')
  return await orchestrator.get(id)
}

const jobOf = async ({ lab }: ClusterScene, id: TaskId): Promise<string> => {
  const lines = await lab.slurm('squeue', '--noheader', '--states=all', '--sort=i', '--format=%i %j')
  const line = lines.split('\n').findLast((each) => each.endsWith(id))
  return line?.split(' ')[0] ?? ''
}

async function expectMerged({ repo }: ClusterScene, { state }: Task): Promise<void> {
  expect(state).toMatchObject({ phase: 'finished', outcome: { kind: 'merged' } })
  expect(await gitIn(repo, ['show', 'refs/heads/main:greeting.txt'])).toBe('from Greet')
}

/** Failed with the reason, told once, with what it had. */
async function expectFailedWithWork(
  { repo }: ClusterScene,
  home: Awaited<ReturnType<typeof startOrchestrator>>,
  task: Task,
  failure: object,
): Promise<void> {
  expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'failed', failure } })
  expect(await gitIn(repo, ['show', `refs/tasks/${task.id}:before.txt`])).toBe('before')
  expect(home.events.read(0)).toHaveLength(1)
}

test('a keeper that is killed is followed by one that adopts its machine, and a step that is cut by another', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  const { node } = await toWork(home.orchestrator, id)
  const seats = join(scene.lab.scratchOf(node ?? ''), 'seats')
  const [seat = ''] = await readdir(seats)
  const keeper = async (): Promise<number> => JSON.parse(await readFile(join(seats, seat, 'keeper.json'), 'utf8')).pid
  const first = await keeper()
  await scene.lab.signal(node ?? '', first, 'SIGKILL')
  await expect.poll(keeper, soon).not.toBe(first)
  const job = await jobOf(scene, id)
  const steps = () => scene.lab.slurm('squeue', '--steps', '--noheader', `--jobs=${job}`, '--format=%i')
  await expect.poll(steps, soon).toMatch(/\.\d+$/m)
  const step = (await steps()).split('\n').find((each) => /\.\d+$/.test(each)) ?? ''
  await scene.lab.slurm('scancel', step)
  await letGo(scene)
  const task = await untilEnded(home.orchestrator, id)
  await expectMerged(scene, task)
  expect(task.notes).toEqual([])
})

test('a job that an administrator cancels saves what there is, and the task says that it was cancelled there', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id)
  await scene.lab.slurm('scancel', await jobOf(scene, id))
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
  expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: CANCELLED')
})

test('a job over its time limit is told so in time, saves what there is, and the task has run out of time', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id)
  await scene.lab.slurm('scontrol', 'update', `JobId=${await jobOf(scene, id)}`, 'TimeLimit=1')
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, {
    code: 'timed-out',
    message: expect.stringContaining('The job of the task ran into its limit of time'),
  })
})

test('a job that a more urgent one pushes out is not begun anew elsewhere, and its work comes home', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id)
  const urgent = ['--partition=urgent', '--nodes=2', '--exclusive', '--output=/dev/null', '--wrap=sleep 1']
  await scene.lab.slurm('sbatch', ...urgent)
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
  expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: PREEMPTED')
})

test('a node that loses power and comes back gives what the guest had written to another job, and is waited for until then', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  const { node } = await toWork(home.orchestrator, id)
  await scene.lab.kill(node ?? '')
  const why = async () => (await placeDetails(home.orchestrator))[0]?.tasks[0]?.waits_because ?? ''
  await expect.poll(why, soon).toMatch(/DOWN|NotAvail/)
  expect(home.events.read(0)).toEqual([])
  await scene.lab.boot(node ?? '')
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'guest-failed' })
  expect(task.node).toBe(node)
  expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: NODE_FAIL')
})

test('a controller that is killed and comes back neither ends a task nor loses one that was to begin meanwhile', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const running = await orchestrator.run(place)
  await toWork(orchestrator, running)
  await scene.lab.killController()
  const next = await orchestrator.run({ ...place, description: 'Greet again' })
  await expect.poll(async () => (await placeDetails(orchestrator))[0]?.away, soon).toMatch(/cannot be reached/)
  await letGo(scene)
  await expectMerged(scene, await untilEnded(orchestrator, running))
  await scene.lab.startController()
  expect((await untilEnded(orchestrator, next)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect((await run('cat', [join(home.home, 'events.jsonl')])).stdout.trim().split('\n')).toHaveLength(2)
})
