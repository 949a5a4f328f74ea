import { describe, expect, test } from 'vitest'
import { foldTask, newTask, TransitionError, transition } from '../../../main/core/task/transition.ts'
import { statusOf, taskView } from '../../../main/core/task/view.ts'
import { eventsOfGoodTask, identity, slot } from '../../support/tasks.ts'

const events = eventsOfGoodTask('/repo')
const at = '2026-01-02T03:04:06.000Z'

describe('the fold of a task', () => {
  test('passes through the phases in order, and clients see pending, running, completed', () => {
    const seen = events.map((_, index) => {
      const { state } = foldTask(events.slice(0, index + 1), '/home')
      return `${state.phase} ${statusOf(state)}`
    })
    expect(seen).toEqual([
      'queued pending',
      'cloning running',
      'booting running',
      'booting running',
      'working running',
      'merging running',
      'merging running',
      'merging running',
      'merging running',
      'finished completed',
      'finished completed',
    ])
  })

  test('keeps what every event told', () => {
    expect(foldTask(events, '/home')).toMatchObject({
      state: { phase: 'finished', slot: 3, outcome: { kind: 'merged' } },
      branch: 'main',
      machine: { pid: 4711 },
      result: { summary: 'Added it.' },
      announcedSeq: 7,
    })
  })

  test('an agent that is seen late is on record, and takes no task back from its stop or its end', () => {
    const booting = foldTask(events.slice(0, 4), '/home')
    const seen = { type: 'agent-started', at } as const
    const reason = { code: 'cancelled', message: 'Cancelled' } as const
    const stopping = transition(transition(booting, { type: 'stop-requested', at, reason }), seen)
    expect(stopping).toMatchObject({ state: { phase: 'stopping' }, agentStartedAt: at, stopReason: reason })
    const off = transition(transition(booting, { type: 'machine-exited', at, exit: { kind: 'powered-off' } }), seen)
    expect(off).toMatchObject({ state: { phase: 'merging' }, agentStartedAt: at })
  })

  test('a task that failed or was cancelled is failed for clients, one whose work waits is completed', () => {
    const statusAfter = (outcome: Parameters<typeof finish>[0]) => statusOf(finish(outcome).state)
    const finish = (outcome: Extract<(typeof events)[number], { type: 'finished' }>['outcome']) =>
      transition(foldTask(events.slice(0, 9), '/home'), { type: 'finished', at, outcome })
    expect(statusAfter({ kind: 'failed', failure: { code: 'agent-failed', message: 'no' } })).toBe('failed')
    expect(statusAfter({ kind: 'cancelled' })).toBe('failed')
    expect(statusAfter({ kind: 'unchanged' })).toBe('completed')
    const merge = { kind: 'unmerged', reason: 'conflicts', files: ['a'], detail: 'a' } as const
    expect(statusAfter({ kind: 'unmerged', merge })).toBe('completed')
  })
})

describe('an event that cannot follow', () => {
  test('is refused: a second creation, a second slot, progress without a slot, anything after the end', () => {
    const queued = newTask(identity('/repo'), '/home')
    const done = foldTask(events, '/home')
    const cases = [
      () => transition(queued, { type: 'created', at, task: identity('/repo') }),
      () => transition(foldTask(events.slice(0, 2), '/home'), { type: 'slot-leased', at, slot: slot(1) }),
      () => transition(queued, { type: 'agent-started', at }),
      () => transition(queued, { type: 'announced', at, seq: 1 }),
      () => transition(done, { type: 'agent-started', at }),
      () => foldTask(events.slice(1), '/home'),
      () => foldTask([], '/home'),
    ]
    for (const run of cases) expect(run).toThrow(TransitionError)
  })

  test('but a merge can be tried again after the end, and then decides the outcome', () => {
    const merge = { kind: 'unmerged', reason: 'local_changes', files: ['a'], detail: 'a is modified' } as const
    const unmerged = transition(foldTask(events.slice(0, 9), '/home'), {
      type: 'finished',
      at,
      outcome: { kind: 'unmerged', merge },
    })
    const [retried] = events.filter((event) => event.type === 'merge-tried')
    if (!retried) throw new Error('no merge in the sample')
    expect(transition(unmerged, retried).state).toMatchObject({ phase: 'finished', outcome: { kind: 'merged' } })
  })
})

test('get_task_info has every field of the contract', () => {
  expect(taskView(foldTask(events, '/home'))).toMatchObject({
    task_id: 'a1b2c3d4',
    description: 'Add a greeting',
    status: 'completed',
    result: { success: true, summary: 'Added it.', files_changed: ['hello.txt'], error: null, cost_usd: 0.5 },
    merge_result: { merged: true, method: 'rebase', commits: 1, conflicts: [] },
    pid: 4711,
    exit_code: 0,
    slot: 3,
    created_at: '2026-01-02T03:04:05.000Z',
    task_ref: null,
  })
})
