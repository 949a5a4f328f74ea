import { appendFile, readFile, truncate } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { foldTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { loadTask, loadTasks } from '../../../main/tasks/record/load-tasks.ts'
import { type NewTaskEvent, TaskRecord } from '../../../main/tasks/record/task-record.ts'
import { eventsOfGoodTask, identity, slot } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const ignore = () => undefined

async function recordOfGoodTask(repo: string): Promise<{ record: TaskRecord; task: Task }> {
  const record = await TaskRecord.create(repo, identity(repo), { onChange: ignore })
  for (const event of eventsOfGoodTask(repo).slice(1)) await record.add(event as NewTaskEvent)
  return { record, task: record.task }
}

test('what is read back is what was recorded, with every field of every event', async () => {
  const repo = await temporaryFolder()
  const { record, task } = await recordOfGoodTask(repo)
  await record[Symbol.asyncDispose]()
  expect(await loadTask(repo, task.id, silentLog)).toEqual(task)
  const { finishedAt: _, agentStartedAt: __, machineStartedAt: ___, ...facts } = task
  expect(foldTask(eventsOfGoodTask(repo), repo)).toMatchObject(facts)
})

test('a person reads the state in task.json', async () => {
  const repo = await temporaryFolder()
  const { record } = await recordOfGoodTask(repo)
  await record[Symbol.asyncDispose]()
  expect(JSON.parse(await readFile(record.files.record, 'utf8'))).toMatchObject({
    task_id: 'a1b2c3d4',
    status: 'completed',
    repo_path: repo,
    merge_result: { merged: true },
  })
  expect(await readFile(record.files.description, 'utf8')).toBe('Add a greeting')
})

test('a last event torn at any byte is as if it had not happened', async () => {
  const repo = await temporaryFolder()
  const { record } = await recordOfGoodTask(repo)
  await record[Symbol.asyncDispose]()
  const bytes = await readFile(record.files.events)
  const lastLine = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1
  for (let length = bytes.length - 1; length > lastLine; length--) {
    await truncate(record.files.events, length)
    const [task] = (await loadTasks(repo, silentLog)).open
    expect(task).toMatchObject({ state: { phase: 'finished' }, announcedSeq: null })
  }
  await using again = await TaskRecord.open(record.task, { onChange: ignore })
  await again.add({ type: 'announced', seq: 8 })
  expect((await loadTasks(repo, silentLog)).over[0]).toMatchObject({ announcedSeq: 8 })
})

test('a damaged record is named, never loaded in part, and left as it is', async () => {
  const repo = await temporaryFolder()
  const { record } = await recordOfGoodTask(repo)
  await record[Symbol.asyncDispose]()
  await appendFile(record.files.events, 'no json\n')
  const before = await readFile(record.files.events)
  const told: string[] = []
  expect(await loadTasks(repo, silentLog)).toEqual({ open: [], over: [] })
  expect(await loadTask(repo, record.task.id, silentLog, (message) => told.push(message))).toBeUndefined()
  expect(told).toEqual([`The record ${record.files.events} is damaged; its folder is left as it is`])
  await expect(TaskRecord.open(record.task, { onChange: ignore })).rejects.toThrow(record.files.events)
  expect(await readFile(record.files.events)).toEqual(before)
})

test('what two parts of us see of a task at one moment is all on record, in memory as on disk', async () => {
  const home = await temporaryFolder()
  const record = await TaskRecord.create(home, identity(home), { onChange: ignore })
  for (const event of eventsOfGoodTask(home).slice(1, 4)) await record.add(event as NewTaskEvent)
  const reason = { code: 'cancelled', message: 'Cancelled' } as const
  await Promise.all([
    record.add({ type: 'agent-started' }),
    record.add({ type: 'stop-requested', reason }),
    record.add({ type: 'noted', note: 'one' }),
    record.add({ type: 'noted', note: 'two' }),
  ])
  await record[Symbol.asyncDispose]()
  expect(record.task).toMatchObject({ state: { phase: 'stopping' }, stopReason: reason, notes: ['one', 'two'] })
  expect(record.task.agentStartedAt).not.toBeNull()
  expect(await loadTask(home, record.task.id, silentLog)).toEqual(record.task)
})

test('an event that cannot follow is refused alone: the next one still comes', async () => {
  const home = await temporaryFolder()
  await using record = await TaskRecord.create(home, identity(home), { onChange: ignore })
  const leased = record.add({ type: 'slot-leased', slot: slot(3) })
  const [again, noted] = await Promise.allSettled([
    record.add({ type: 'slot-leased', slot: slot(4) }),
    record.add({ type: 'noted', note: 'later' }),
  ])
  expect((await leased).state).toEqual({ phase: 'cloning', slot: 3 })
  expect([again.status, noted.status]).toEqual(['rejected', 'fulfilled'])
  expect(record.task).toMatchObject({ state: { phase: 'cloning', slot: 3 }, notes: ['later'] })
})
