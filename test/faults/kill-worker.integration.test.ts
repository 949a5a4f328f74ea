import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { taskView } from '../../main/core/task/view.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { doomWorkers, type WorkerDoom } from '../support/faults/doom-workers.ts'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Runs a task to its end while the first worker that comes to the point is killed with SIGKILL, with all that it started. */
async function endWithout(doom: Pick<WorkerDoom, 'job' | 'command'>) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt') })
  onTestFinished(() => setup[Symbol.asyncDispose]())
  const { orchestrator, events, home } = setup
  using _doomed = doomWorkers({ ...doom, dies: 'worker', once: join(root, 'killed') })
  const id = await orchestrator.run({ description: 'say hello', repo: 'project' })
  const view = taskView(await untilEnded(orchestrator, id))
  expect(events.read(0).map(({ taskId }) => taskId)).toEqual([id])
  await expect.poll(() => orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  await access(join(root, 'killed'))
  await access(taskFiles(home, id).repo)
  expect(await gitIn(repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
  expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
  // What keeps two merges apart is no lock of git's, and known for abandoned after ten seconds.
  const locks = (await readdir(join(repo, '.git'))).filter((name) => /\.lock$|-publish$/.test(name))
  expect(locks.filter((name) => name !== 'microvm-orchestrator-merge.lock')).toEqual([])
  return { repo, orchestrator, id, view, home }
}

const points = (job: WorkerDoom['job'], commands: readonly number[]) => commands.map((command) => ({ job, command }))

test.each(points('salvage', [0, 7, 19]))(
  'a worker killed at command $command of the salvage fails its task with the reason, told once, and the work is merged when a person says so',
  async (doom) => {
    const { repo, orchestrator, id, view } = await endWithout(doom)
    expect(view).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/ended by SIGKILL.*to try once more: microvm-orchestrator merge [0-9a-f]{8}$/),
    })
    expect(await orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged', commits: 1 })
    expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', expect.any(String)])
  },
)

test('work that was set aside is a person’s to have tried once more, and no client’s', async () => {
  const { repo, orchestrator, id, home } = await endWithout({ job: 'salvage', command: 7 })
  const attempts = join(taskFiles(home, id).folder, 'attempts.json')
  expect(JSON.parse(await readFile(attempts, 'utf8'))).toEqual({ tries: 1 })
  await writeFile(attempts, '{"tries":2}')
  await expect(orchestrator.merge(id, 'client')).rejects.toMatchObject({
    ...{ code: 'salvage-failed', message: expect.stringContaining('set aside') },
    hint: expect.stringContaining(`microvm-orchestrator merge ${id}`),
  })
  await expect(orchestrator.cleanup(id, { deleteRef: false, by: 'client' })).rejects.toMatchObject({
    code: 'salvage-failed',
  })
  expect(await orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged', commits: 1 })
  expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', expect.any(String)])
})

test.each(points('merge', [1, 11]))(
  'a worker killed at command $command of the merge leaves checkout and branch as before, told once, and a second try merges',
  async (doom) => {
    const { repo, orchestrator, id, view } = await endWithout(doom)
    expect(view).toMatchObject({ status: 'completed', merge_result: { merged: false, reason: 'fetch_failed' } })
    expect(await subjectsOf(repo)).toEqual(['Start'])
    expect(await orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged', commits: 1 })
    expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', 'Start'])
  },
)

test('a worker killed once the branch has moved has merged its task, and that is what is told', async () => {
  const { repo, view } = await endWithout({ job: 'merge', command: 12 })
  expect(view).toMatchObject({ status: 'completed', merge_result: { merged: true, commits: 1 } })
  expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', 'Start'])
})

test('a worker killed while it reads the result fails its task, and the work is at its ref all the same', async () => {
  const { repo, id, view } = await endWithout({ job: 'read-result', command: 0 })
  expect(view).toMatchObject({ status: 'failed', task_ref: `refs/tasks/${id}` })
  expect(await gitIn(repo, ['log', '-1', '--format=%s', `refs/tasks/${id}`])).toBe('Add greeting.txt')
})

test('a worker killed while it copies the stream costs the stream alone', async () => {
  const { view } = await endWithout({ job: 'keep-stream', command: 0 })
  expect(view).toMatchObject({ status: 'completed', merge_result: { merged: true } })
})
