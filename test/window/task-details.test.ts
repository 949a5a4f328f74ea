import { expect, test } from 'vitest'
import { foldTask } from '../../main/core/task/transition.ts'
import { noPlace } from '../../main/window/queue-place.ts'
import { taskRow } from '../../main/window/rows.ts'
import { taskDetails } from '../../main/window/task-details.ts'
import { eventsOfGoodTask } from '../support/tasks.ts'

test('the failure of a task shows what is hidden in it, and keeps its lines', () => {
  const events = eventsOfGoodTask('/repositories/project')
  const begun = events.slice(
    0,
    events.findIndex(({ type }) => type === 'finished'),
  )
  const failure = { code: 'agent-failed', message: 'it failed:\n\u202egnp.exe', hint: 'see \u200bthere' } as const
  const at = '2026-01-02T03:04:06.000Z'
  const task = foldTask([...begun, { type: 'finished', at, outcome: { kind: 'failed', failure } }], '/home')
  expect(taskDetails(task, taskRow(task, noPlace, null)).failure).toEqual({
    code: 'agent-failed',
    message: 'it failed:\n⟪U+202E⟫gnp.exe',
    hint: 'see ⟪U+200B⟫there',
  })
})
