import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { settleTask } from '../../../main/tasks/finish/finish-task.ts'
import { filesOf } from '../../../main/tasks/record/task-files.ts'
import { TaskRecord } from '../../../main/tasks/record/task-record.ts'
import { doomWorkers, type WorkerDoom } from '../../support/faults/doom-workers.ts'
import { gitIn, statusOf, subjectsOf } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** What a task comes to whose worker ends in the middle of one job; then another task, whose worker does not. */
async function taskWithDoom(doom: Omit<WorkerDoom, 'dies'>) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest: guestThatCommits('$(cat $SHARE/task.md).txt') })
  const { orchestrator, events } = setup
  const first = await doomed(doom, async () => {
    const id = await orchestrator.run({ description: 'first', repo: 'project', owner: 'client:me' })
    return await untilEnded(orchestrator, id)
  })
  const next = await orchestrator.run({ description: 'next', repo: 'project', owner: 'client:me' })
  const second = taskView(await untilEnded(orchestrator, next))
  const told = events.read(0).map(({ taskId }) => taskId)
  // Whatever became of the first, it is told once, and the next one is as any other.
  expect(told).toEqual([first.id, next])
  expect(second.merge_result).toMatchObject({ merged: true })
  expect(await statusOf(repo)).toBe('')
  return { repo, task: first, view: taskView(first), files: filesOf(first) }
}

async function doomed<Result>(doom: Omit<WorkerDoom, 'dies'>, act: () => Promise<Result>): Promise<Result> {
  using _doom = doomWorkers({ ...doom, dies: 'worker' })
  return await act()
}

test('the death of the process that reads a result fails the task with the reason, and its work is at its ref', async () => {
  const { repo, task, view } = await taskWithDoom({ job: 'read-result', command: 0 })
  expect(view).toMatchObject({ status: 'failed', error: expect.stringContaining('SIGKILL') })
  expect(await gitIn(repo, ['show', `refs/tasks/${task.id}:first.txt`])).toContain('from first')
})

test('the death of the process that keeps the stream costs the stream alone', async () => {
  const { repo, view } = await taskWithDoom({ job: 'keep-stream', command: 0 })
  expect(view).toMatchObject({ status: 'completed', merge_result: { merged: true } })
  expect(await subjectsOf(repo)).toContain('Add first.txt')
})

test.each([1, 8])('its death at command %i of a salvage fails the task, and the clone is kept', async (command) => {
  const { repo, task, view, files } = await taskWithDoom({ job: 'salvage', command })
  expect(view).toMatchObject({ status: 'failed', error: expect.stringMatching(/SIGKILL/), task_ref: null })
  expect(await readFile(join(files.repo, 'first.txt'), 'utf8')).toContain('from first')
  expect(await gitIn(repo, ['for-each-ref', `refs/tasks/${task.id}`])).toBe('')
})

test('its death while it looks for held paths leaves the work to a person', async () => {
  const { repo, task, view } = await taskWithDoom({ job: 'held-paths', command: 1 })
  expect(view).toMatchObject({
    status: 'completed',
    merge_result: { merged: false, reason: 'awaiting_review', detail: expect.stringContaining('could not be told') },
    task_ref: `refs/tasks/${task.id}`,
  })
  expect(await gitIn(repo, ['show', `refs/tasks/${task.id}:first.txt`])).toContain('from first')
})

test.each([1, 4, 11])(
  'its death at command %i of a merge leaves the checkout as it was, and the work at its ref',
  async (command) => {
    const { repo, task, view } = await taskWithDoom({ job: 'merge', command })
    expect(view).toMatchObject({
      status: 'completed',
      merge_result: { merged: false },
      task_ref: `refs/tasks/${task.id}`,
    })
    expect(await gitIn(repo, ['show', `refs/tasks/${task.id}:first.txt`])).toContain('from first')
  },
)

test('what its process died of twice is not tried a third time', async () => {
  const { task, files } = await taskWithDoom({ job: 'salvage', command: 1 })
  // As after a restart that came before the end was on record.
  const lines = (await readFile(files.events, 'utf8')).split('\n').filter(Boolean)
  const before = lines.filter((line) => !/"type":"(finished|announced|merge-tried|result-read)"/.test(line))
  const settleAgain = async () => {
    await writeFile(files.events, `${before.join('\n')}\n`)
    await using record = await TaskRecord.open(task, { onChange: () => undefined })
    await settleTask({ repositories: { list: async () => [] } }, record, '', silentLog)
    return taskView(record.task)
  }
  const again = await doomed({ job: 'salvage', command: 1 }, settleAgain)
  expect(again.error).toContain('SIGKILL')
  // No worker dies now, and none is asked.
  expect((await settleAgain()).error).toContain('set aside')
})
