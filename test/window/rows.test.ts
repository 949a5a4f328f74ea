import { expect, test } from 'vitest'
import { briefOf } from '../../main/core/task/task-brief.ts'
import { foldTask } from '../../main/core/task/transition.ts'
import { lastLineOf } from '../../main/lib/guest/console-tail.ts'
import { rangeOf } from '../../main/tasks/review/task-range.ts'
import { noPlace } from '../../main/window/queue-place.ts'
import { taskRow, titleOf } from '../../main/window/rows.ts'
import { eventsOfGoodTask } from '../support/tasks.ts'

const events = eventsOfGoodTask('/repositories/project')
const upTo = (type: string) => foldTask(events.slice(0, events.findIndex((event) => event.type === type) + 1), '/home')

test('a row follows its task from the queue to its end', () => {
  const live = { lastLine: 'building', steps: [], tokens: 7, costUsd: null }
  expect(taskRow(upTo('created'), { ...noPlace, position: 2 }, null)).toMatchObject({
    title: 'Add a greeting',
    state: { phase: 'queued', position: 2, blocked: null },
    startedAt: null,
    live: null,
  })
  const boots = 'Guest image: 40 % packages (3 s)'
  expect(taskRow(upTo('cloned'), { ...noPlace, boots }, null).state).toEqual({ phase: 'booting', slot: 3, boots })
  expect(taskRow(upTo('agent-started'), noPlace, live)).toMatchObject({ state: { phase: 'working', slot: 3 }, live })
  const landing = 'Its check runs again, on the branch as it is now'
  expect(taskRow(upTo('machine-exited'), { ...noPlace, landing }, null).state).toEqual({
    phase: 'merging',
    slot: 3,
    landing,
  })
  expect(taskRow(foldTask(events, '/home'), noPlace, live)).toMatchObject({
    state: { phase: 'finished', outcome: 'merged', reason: null, detail: '1 commit on main', files: [], fileCount: 0 },
    ref: null,
    live: null,
    usage: { costUsd: 0.5 },
  })
  expect(taskRow(foldTask(events, '/home'), { ...noPlace, landing }, null).state).toMatchObject({
    ...{ phase: 'finished', landing },
  })
})

test('work that waits is told with its ref, reason and files', () => {
  const files = Array.from({ length: 30 }, (_, at) => `file-${at}`)
  const merge = { kind: 'unmerged', reason: 'conflicts', files, detail: 'Both sides changed them' } as const
  const at = '2026-01-02T03:04:06.000Z'
  const before = events.slice(
    0,
    events.findIndex(({ type }) => type === 'merge-tried'),
  )
  const ending = [
    { type: 'merge-tried', at, merge },
    { type: 'finished', at, outcome: { kind: 'unmerged', merge } },
  ] as const
  const task = foldTask([...before, ...ending], '/home')
  const row = taskRow(task, noPlace, null)
  expect(row).toMatchObject({
    ref: 'refs/tasks/a1b2c3d4',
    state: { outcome: 'unmerged', reason: 'conflicts', detail: 'Both sides changed them', fileCount: 30 },
  })
  expect(row.state.phase === 'finished' && row.state.files).toHaveLength(20)
  expect(rangeOf(task)).toMatchObject({ from: '1'.repeat(40), to: '3'.repeat(40) })
  expect(rangeOf(foldTask(events, '/home'))).toMatchObject({ from: '1'.repeat(40), to: '2'.repeat(40) })
  expect(rangeOf(upTo('agent-started'))).toBeNull()
})

test('titles and last lines are one line of plain text', () => {
  expect(titleOf('\n  Fix \u001b[1mthe bug\u001b[0m\nin detail')).toBe('Fix the bug')
  expect(titleOf('x'.repeat(1000))).toHaveLength(200)
  expect(lastLineOf('one\r\ntwo\u001b[K\r\n\u001b[2J\n  \n')).toBe('two')
  expect(lastLineOf('')).toBe('')
})

test('an attempt says which it is, of what model, and what its check came to; a judge says that it is one', () => {
  const attempt = { group: 'aaaaaaaa', number: 2, of: 3 }
  const task = { ...foldTask(events, '/home'), attempt, agent: { model: 'opus' }, chosen: false }
  const of = (more: object) => taskRow(briefOf({ ...task, ...more }), noPlace, null).attempt
  const known = { group: 'aaaaaaaa', as: 'candidate' } as const
  expect(of({ merge: null, result: null })).toEqual({ ...known, text: 'Attempt 2 of 3, opus' })
  const checked = (exitCode: number | null) => ({
    merge: null,
    result: { ...task.result, check: { exitCode, output: '' } },
  })
  expect(of(checked(0))).toEqual({ ...known, text: 'Attempt 2 of 3, opus, check succeeded' })
  expect(of({ ...checked(null), agent: undefined })).toEqual({ ...known, text: 'Attempt 2 of 3, check failed' })
  expect(of({ ...checked(0), chosen: true })?.as).toBe('chosen')
  expect(of({})?.as).toBe('chosen') // It is merged.
  const { attempt: _, ...alone } = task
  expect(taskRow({ ...alone, judges: 'aaaaaaaa' }, noPlace, null).attempt?.as).toBe('judge')
  expect(taskRow(alone, noPlace, null).attempt).toBeUndefined()
})
