import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { Task, TaskEvent } from '../../../main/core/task/task.ts'
import { foldTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { GuestLines } from '../../../main/tasks/attach/guest-lines.ts'
import { TaskAttachments } from '../../../main/tasks/attach/task-attachments.ts'
import { eventsOfGoodTask, identity, taskId } from '../../support/tasks.ts'

const { id } = identity('/repo')
const never = new AbortController().signal
const size = { rows: 24, columns: 80 }

/** The task after its first so many events. */
const taskAfter = (last: TaskEvent['type']): Task => {
  const events = eventsOfGoodTask('/repo')
  return foldTask(events.slice(0, events.findIndex(({ type }) => type === last) + 1), '/home')
}

/** Attachments of one task, which changes when the test says so. */
function attachmentsOf(first: Task, findMs?: number) {
  let task = first
  const listeners = new Set<(id: Task['id'], brief: null) => void>()
  const lines = new GuestLines(silentLog)
  onTestFinished(() => lines[Symbol.dispose]())
  const catalog = {
    get: async () => task,
    watch: (listener: (id: Task['id'], brief: null) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const attachments = new TaskAttachments({ home: '/home', catalog, lines, ...(findMs !== undefined && { findMs }) })
  return {
    lines,
    listeners,
    open: (signal = never) => attachments.openShell(id, size, signal),
    become: (next: Task) => {
      task = next
      for (const listener of listeners) listener(id, null)
    },
  }
}

test.each([
  ['created', 'task-busy', `Task '${id}' has no machine at the moment`],
  ['cloned', 'task-busy', `Task '${id}' has no machine at the moment`],
  ['machine-exited', 'task-busy', `The machine of task '${id}' has ended, and its work is taken over`],
  ['announced', 'task-ended', `Task '${id}' has ended, and its machine with it`],
] as const)('after its event %s a task has no machine to wait for', async (last, code, message) => {
  await expect(attachmentsOf(taskAfter(last)).open()).rejects.toMatchObject({ code, message })
})

test('a task at a place that does not answer says so, once it was waited for', async () => {
  const task = {
    ...taskAfter('agent-started'),
    ...{ machine: null, machineStartedAt: '2026-11-30T10:00:00.000Z' },
    place: { name: 'attic', kind: 'ssh', seat: 's' },
  } as const
  await expect(attachmentsOf(task as never, 1).open()).rejects.toMatchObject({
    message: `The place attic of task '${id}' does not answer at the moment`,
  })
})

test('a machine that is on record and not found again yet is waited for, until its end is seen, it takes too long or the caller goes', async () => {
  const ends = attachmentsOf(taskAfter('agent-started'))
  const opening = ends.open()
  ends.become(taskAfter('machine-exited'))
  await expect(opening).rejects.toMatchObject({ message: expect.stringContaining('has ended') })
  expect(ends.listeners.size).toBe(0)

  await expect(attachmentsOf(taskAfter('machine-started'), 1).open()).rejects.toMatchObject({ code: 'task-busy' })

  const gone = new AbortController()
  const left = attachmentsOf(taskAfter('agent-started')).open(gone.signal)
  gone.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')

  const stopped = attachmentsOf(taskAfter('agent-started'))
  const waiting = stopped.open()
  stopped.lines[Symbol.dispose]()
  await expect(waiting).rejects.toMatchObject({ code: 'interrupted' })
})

test('where the record cannot be read once the machine was waited for, that is the answer', async () => {
  const reads = [Promise.resolve(taskAfter('agent-started'))]
  const catalog = {
    get: () => reads.shift() ?? Promise.reject(new Error('too many open files')),
    watch: () => () => undefined,
  }
  using lines = new GuestLines(silentLog)
  const attachments = new TaskAttachments({ home: '/home', catalog, lines, findMs: 1 })
  await expect(attachments.openShell(id, size, never)).rejects.toThrow('too many open files')
})

test.each([
  ['5173 3000', [5173, 3000]],
  ['', []],
  ['80 80', [80]],
])("a guest's words %j are the ports %j", async (words, ports) => {
  expect(await portsOf(words)).toEqual(ports)
})

test.each(['80 x', '70000', '-1', '0', ' 80', '8'.repeat(5000), '80 '.repeat(2000)])(
  "a guest's words are no ports, case %#",
  async (words) => {
    await expect(portsOf(words)).rejects.toMatchObject({ code: 'guest-failed' })
  },
)

async function portsOf(words: string): Promise<readonly number[]> {
  const attachments = new TaskAttachments({
    home: '/home',
    catalog: { get: async () => taskAfter('agent-started'), watch: () => () => undefined },
    lines: { followed: async () => undefined, open: async () => new PassThrough().end(words) as never },
  })
  return await attachments.ports(taskId('abcd1234'), never)
}
