import { expect, test } from 'vitest'
import { foldTask } from '../../../main/core/task/transition.ts'
import { traceOf } from '../../../main/integrations/telemetry/task-spans.ts'
import { eventsOfGoodTask } from '../../support/tasks.ts'

const good = foldTask(eventsOfGoodTask('/repo'), '/home')

test('a task that has ended is one span with its parts in order, and no word of its text', () => {
  const trace = traceOf(good)
  expect(trace).toMatchObject({ name: 'task', failed: false, attributes: { 'microvm.task.repo': 'project' } })
  expect(trace?.parts.map(({ name }) => name)).toEqual(['queue and clone', 'boot', 'agent, salvage and merge'])
  let at = trace?.from
  for (const part of trace?.parts ?? []) {
    expect(part.from).toBe(at)
    expect(part.to).toBeGreaterThanOrEqual(part.from)
    at = part.to
  }
  expect(at).toBe(trace?.to)
  expect(JSON.stringify(trace)).not.toContain(good.description)
})

test('one that never had a machine has one part, and one that runs has no trace', () => {
  const failed = foldTask(
    [
      ...eventsOfGoodTask('/repo').slice(0, 1),
      {
        type: 'finished',
        at: '2026-01-02T03:05:00.000Z',
        outcome: { kind: 'failed', failure: { code: 'clone-failed', message: 'No' } },
      },
    ],
    '/home',
  )
  expect(traceOf(failed)).toMatchObject({
    failed: true,
    attributes: { 'error.type': 'clone-failed' },
    parts: [{ name: 'queue and clone' }],
  })
  expect(traceOf(foldTask(eventsOfGoodTask('/repo').slice(0, 3), '/home'))).toBe(null)
})

test('a clock that was set back makes no part that ends before it begins', () => {
  const trace = traceOf({
    ...good,
    machineStartedAt: '2001-01-01T00:00:00.000Z',
    agentStartedAt: '2001-01-01T00:00:00.000Z',
  })
  for (const part of trace?.parts ?? []) expect(part.to).toBeGreaterThanOrEqual(part.from)
})
