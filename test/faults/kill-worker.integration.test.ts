import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { taskView } from '../../main/core/task/view.ts'
import { silentLog } from '../../main/lib/log.ts'
import { finishTask } from '../../main/tasks/finish/finish-task.ts'
import { filesOf } from '../../main/tasks/record/task-files.ts'
import { TaskRecord } from '../../main/tasks/record/task-record.ts'
import { doomWorkers, type WorkerDoom } from '../support/faults/doom-workers.ts'
import { gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Runs a task to its end while the first worker that comes to the point is killed with SIGKILL, with all that it started. */
async function endWithout(doom: Pick<WorkerDoom, 'job' | 'command'>) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest: guestThatCommits('$(cat $SHARE/task.md).txt') })
  onTestFinished(() => setup[Symbol.asyncDispose]())
  const { orchestrator, events } = setup
  using _doomed = doomWorkers({ ...doom, dies: 'worker', once: join(root, 'killed') })
  const run = async (description: string) => {
    const id = await orchestrator.run({ description, repo: 'project', owner: 'client:me' })
    return await untilEnded(orchestrator, id)
  }
  const task = await run('greeting')
  const { id } = task
  const files = filesOf(task)
  expect(events.read(0).map(({ taskId }) => taskId)).toEqual([id])
  await expect.poll(() => orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  await access(join(root, 'killed'))
  expect(await readFile(join(files.repo, 'greeting.txt'), 'utf8')).toContain('from greeting')
  expect(await gitIn(repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
  expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
  // What keeps two merges apart is no lock of git's, and known for abandoned after ten seconds.
  const locks = (await readdir(join(repo, '.git'))).filter((name) => /\.lock$|-publish$/.test(name))
  expect(locks.filter((name) => name !== 'microvm-orchestrator-merge.lock')).toEqual([])
  /** Whatever became of the first task, it is told once, and the next one is as any other. */
  const nextIsAsAnyOther = async () => {
    const next = taskView(await run('next'))
    expect(next.merge_result).toMatchObject({ merged: true })
    expect(events.read(0).map(({ taskId }) => taskId)).toEqual([id, next.task_id])
    expect(await statusOf(repo)).toBe('')
  }
  return { repo, orchestrator, id, task, view: taskView(task), files, nextIsAsAnyOther }
}

const points = (job: WorkerDoom['job'], commands: readonly WorkerDoom['command'][]) =>
  commands.map((command) => ({ job, command }))
const greetingAt = (repo: string, id: string) => gitIn(repo, ['show', `refs/tasks/${id}:greeting.txt`])

test.each(points('salvage', [0, 1, 7, 8, 'end']))(
  'a worker killed at command $command of the salvage fails its task with the reason, told once, and the work is merged when a person says so',
  async (doom) => {
    const { repo, orchestrator, id, view, nextIsAsAnyOther } = await endWithout(doom)
    expect(view).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/ended by SIGKILL.*to try once more: microvm-orchestrator merge [0-9a-f]{8}$/),
      task_ref: null,
    })
    // The refs are made before the end, and after all of these commands.
    expect((await gitIn(repo, ['for-each-ref', `refs/tasks/${id}`])) === '').toBe(doom.command !== 'end')
    expect(await orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged', commits: 1 })
    expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', expect.any(String)])
    await nextIsAsAnyOther()
  },
)

test('work that was set aside is a person’s to have tried once more, and no client’s', async () => {
  const { repo, orchestrator, id, files } = await endWithout({ job: 'salvage', command: 7 })
  const attempts = join(files.folder, 'attempts.json')
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

test('what its process died of twice is not tried a third time', async () => {
  const { task, files, nextIsAsAnyOther } = await endWithout({ job: 'salvage', command: 1 })
  await nextIsAsAnyOther()
  // As after a restart that came before the end was on record.
  const lines = (await readFile(files.events, 'utf8')).split('\n').filter(Boolean)
  const before = lines.filter((line) => !/"type":"(finished|announced|merge-tried|result-read)"/.test(line))
  const settleAgain = async () => {
    await writeFile(files.events, `${before.join('\n')}\n`)
    await using record = await TaskRecord.open(task, { onChange: () => undefined })
    await finishTask({ repositories: { list: async () => [] } }, record, '', silentLog)
    return taskView(record.task)
  }
  const killed = async () => {
    using _doomed = doomWorkers({ job: 'salvage', command: 1, dies: 'worker' })
    return await settleAgain()
  }
  expect((await killed()).error).toContain('SIGKILL')
  // No worker dies now, and none is asked.
  expect((await settleAgain()).error).toContain('set aside')
})

test('a worker killed while it looks for held paths leaves the work to a person', async () => {
  const { repo, id, view, nextIsAsAnyOther } = await endWithout({ job: 'held-paths', command: 1 })
  expect(view).toMatchObject({
    status: 'completed',
    merge_result: { merged: false, reason: 'awaiting_review', detail: expect.stringContaining('could not be told') },
    task_ref: `refs/tasks/${id}`,
  })
  expect(await greetingAt(repo, id)).toContain('from greeting')
  await nextIsAsAnyOther()
})

// The last of them begins the transaction that moves the branch.
test.each(points('merge', [1, 4, 7]))(
  'a worker killed at command $command of the merge leaves checkout and branch as before, told once, and a second try merges',
  async (doom) => {
    const { repo, orchestrator, id, view, nextIsAsAnyOther } = await endWithout(doom)
    expect(view).toMatchObject({
      status: 'completed',
      merge_result: { merged: false, reason: 'fetch_failed' },
      task_ref: `refs/tasks/${id}`,
    })
    expect(await greetingAt(repo, id)).toContain('from greeting')
    expect(await subjectsOf(repo)).toEqual(['Start'])
    expect(await orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged', commits: 1 })
    expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', 'Start'])
    await nextIsAsAnyOther()
  },
)

test('a worker killed once the branch has moved has merged its task, and that is what is told', async () => {
  const { repo, view } = await endWithout({ job: 'merge', command: 'end' })
  expect(view).toMatchObject({ status: 'completed', merge_result: { merged: true, commits: 1 } })
  expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', 'Start'])
})

test('a worker killed while it reads the result fails its task, and the work is at its ref all the same', async () => {
  const { repo, id, view, nextIsAsAnyOther } = await endWithout({ job: 'read-result', command: 0 })
  expect(view).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('SIGKILL'),
    task_ref: `refs/tasks/${id}`,
  })
  expect(await gitIn(repo, ['log', '-1', '--format=%s', `refs/tasks/${id}`])).toBe('Add greeting.txt')
  expect(await greetingAt(repo, id)).toContain('from greeting')
  await nextIsAsAnyOther()
})

test('a worker killed while it copies the stream costs the stream alone', async () => {
  const { repo, view, nextIsAsAnyOther } = await endWithout({ job: 'keep-stream', command: 0 })
  expect(view).toMatchObject({ status: 'completed', merge_result: { merged: true } })
  expect(await subjectsOf(repo)).toContain('Add greeting.txt')
  await nextIsAsAnyOther()
})
