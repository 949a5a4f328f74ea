import { describe, expect, test } from 'vitest'
import type { MergeOutcome } from '../../../main/core/merge/merge.ts'
import { type Fork, slotOf, type TaskId, type TaskOutcome } from '../../../main/core/task/task.ts'
import { foldTask, newTask, TransitionError, transition } from '../../../main/core/task/transition.ts'
import { statusOf, taskView } from '../../../main/core/task/view.ts'
import { waitsForUser } from '../../../main/core/task/waits-for-user.ts'
import { eventsOfGoodTask, identity, sampleMerge, slot } from '../../support/tasks.ts'

const events = eventsOfGoodTask('/repo')
const at = '2026-01-02T03:04:06.000Z'

test('while what a task works in is made ready it says since when, and the next machine begins with none of that time', () => {
  const working = foldTask(events.slice(0, 5), '/home')
  const preparing = transition(working, { type: 'environment-preparing', at })
  expect(taskView(preparing)).toMatchObject({ preparing_since: at })
  const ready = transition(preparing, { type: 'environment-ready', at, ms: 5 })
  expect(taskView(ready)).not.toHaveProperty('preparing_since')
  expect(ready.preparation).toEqual({ since: null, ms: 5 })
  const more = transition(transition(ready, { type: 'environment-preparing', at }), {
    type: 'environment-ready',
    at,
    ms: 2,
  })
  expect(more.preparation).toEqual({ since: null, ms: 7 })
  const started = events.find(({ type }) => type === 'machine-started')
  expect(started && transition(more, started)).not.toHaveProperty('preparation')
})

describe('what an agent is told', () => {
  const id = '00000000-0000-4000-8000-000000000000'
  const sent = { type: 'message-sent', at, message: { id, kind: 'text', text: 'More', when: 'next' } } as const
  const receipt = (as: 'delivered' | 'answered') => ({ type: 'messages-read', at, ids: [id], as }) as const
  const failed = { kind: 'failed', failure: { code: 'agent-failed', message: 'no' } } as const
  const working = foldTask(events.slice(0, 5), '/home')

  test('is queued until its receipts come, and shown with its time', () => {
    const task = transition(transition(working, sent), receipt('delivered'))
    expect(taskView(task).messages).toEqual([
      { id, kind: 'text', text: 'More', when: 'next', state: 'delivered', sent_at: at },
    ])
    expect(taskView(transition(task, receipt('answered'))).messages).toMatchObject([{ state: 'answered' }])
    expect(taskView(working)).not.toHaveProperty('messages')
  })

  test('can be sent before its task has a machine, and not once the machine is to go off', () => {
    expect(transition(foldTask(events.slice(0, 1), '/home'), sent).messages).toMatchObject([{ state: 'queued' }])
    const reason = { code: 'cancelled', message: 'Cancelled' } as const
    expect(() => transition(transition(working, { type: 'stop-requested', at, reason }), sent)).toThrow(TransitionError)
    expect(() => transition(foldTask(events.slice(0, 6), '/home'), sent)).toThrow(TransitionError)
    expect(() => transition(foldTask(events, '/home'), sent)).toThrow(TransitionError)
  })

  test('is lost with the end of its task in one event, noted, and sent again when the task is continued', () => {
    const ended = transition(transition(working, sent), { type: 'finished', at, outcome: failed })
    expect(taskView(ended)).toMatchObject({
      messages: [{ state: 'lost' }],
      notes: [expect.stringContaining('not read')],
    })
    expect(() => transition(ended, receipt('delivered'))).toThrow(TransitionError)
    const announced = transition(ended, { type: 'announced', at, seq: 1 })
    const again = transition(announced, { type: 'continued', at, text: 'Go on' })
    expect(taskView(again)).toMatchObject({ messages: [{ state: 'queued' }], notes: [] })
  })
})

describe('an agent that waits for its user', () => {
  const id = '00000000-0000-4000-8000-000000000000'
  const text = { type: 'message-sent', at, message: { id, kind: 'text', text: 'More', when: 'next' } } as const
  const interrupt = { type: 'message-sent', at, message: { id, kind: 'interrupt' } } as const
  const until = '2026-01-02T03:34:06.000Z'
  const waits = { type: 'agent-waits', at, until, said: 'Done.' } as const
  const working = foldTask(events.slice(0, 5), '/home')
  const waiting = transition(working, waits)

  test('runs, keeps its slot, and works again with the next text or by itself', () => {
    expect(waiting.state).toEqual({ phase: 'waiting', slot: slotOf(working.state), since: at, until, said: 'Done.' })
    expect(taskView(waiting)).toMatchObject({ status: 'running', waits_since: at, waits_until: until, said: 'Done.' })
    expect(transition(waiting, text).state).toEqual(working.state)
    expect(transition(waiting, { type: 'agent-works', at }).state).toEqual(working.state)
    expect(transition(waiting, interrupt).state).toEqual(waiting.state)
    expect(transition(waiting, waits)).toBe(waiting)
    expect(taskView(working)).not.toHaveProperty('waits_since')
  })

  test('does not wait while a text is on its way to it, and says so too late once its machine is to go off', () => {
    const told = transition(working, text)
    expect(transition(told, waits)).toBe(told)
    const read = transition(told, { type: 'messages-read', at, ids: [id], as: 'delivered' })
    expect(transition(read, waits)).toMatchObject({ state: { phase: 'waiting' }, waits: 1 })
    const reason = { code: 'cancelled', message: 'Cancelled' } as const
    const stopping = transition(waiting, { type: 'stop-requested', at, reason })
    expect(stopping.state.phase).toBe('stopping')
    expect(transition(stopping, waits)).toBe(stopping)
    expect(transition(waiting, { type: 'machine-exited', at, exit: { kind: 'powered-off' } }).state.phase).toBe(
      'merging',
    )
  })

  test('is believed so often and no more, so that no guest fills the log', () => {
    let task = working
    for (let count = 0; count < 1000; count += 1)
      task = transition(transition(task, waits), { type: 'agent-works', at })
    expect(task.waits).toBe(400)
    expect(transition(task, waits)).toBe(task)
  })

  test('is silent with a right to it until its time is up', () => {
    expect(waitsForUser(waiting, Date.parse(until))).toBe(true)
    expect(waitsForUser(waiting, Date.parse(until) + 120_000)).toBe(false)
    expect(waitsForUser(working, 0)).toBe(false)
  })

  test('can be interrupted; a task that has none is not interrupted later by what came too early', () => {
    expect(transition(working, interrupt).messages).toMatchObject([{ state: 'queued' }])
    const parking = { reason: { code: 'usage-limit', message: 'Limit' }, until, usage: null } as const
    const parked = transition(foldTask(events.slice(0, 6), '/home'), { type: 'parked', at, parking })
    for (const none of [parked, foldTask(events.slice(0, 3), '/home')]) {
      expect(transition(none, interrupt).messages).toMatchObject([{ kind: 'interrupt', state: 'lost' }])
    }
  })
})

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

  test('a task that is stopped for two reasons at once ended for the first', () => {
    const booting = foldTask(events.slice(0, 4), '/home')
    const reason = { code: 'cancelled', message: 'Cancelled' } as const
    const stopping = transition(booting, { type: 'stop-requested', at, reason })
    const other = { code: 'interrupted', message: 'Cancelled' } as const
    expect(transition(stopping, { type: 'stop-requested', at, reason: other }).stopReason).toEqual(reason)
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

describe('a task that is continued', () => {
  const over = foldTask(events, '/home')
  const goOn = { type: 'continued', at, text: 'And now the tests' } as const

  test('waits like one that is parked: its former end is none any more, what it took counts on, and it goes on where it has its clone', () => {
    const waiting = transition(over, goOn)
    expect(waiting).toMatchObject({
      state: { phase: 'parked', parking: { until: at, usage: over.result?.usage, text: goOn.text } },
      ...{ result: null, work: null, merge: null, accepted: null, finishedAt: null, announcedSeq: null },
      ...{ machine: null, exit: null, stopReason: null, agentStartedAt: null },
      ...{ startCommit: over.startCommit, branch: 'main', owner: null, former: { seq: 7, merge: sampleMerge } },
    })
    expect(taskView(waiting)).toMatchObject({ status: 'pending', task_ref: null, continued_with: goOn.text })
    expect(transition(waiting, { type: 'slot-leased', at, slot: slot(2) }).state).toEqual({ phase: 'booting', slot: 2 })
  })

  test('ends once more as any task does, and can be continued again', () => {
    const again = [...events, goOn, { type: 'slot-leased', at, slot: slot(2) } as const, ...events.slice(3, -1)]
    const ended = foldTask(again, '/home')
    expect(ended).toMatchObject({ state: { phase: 'finished', outcome: { kind: 'merged' } }, announcedSeq: null })
    expect(() => transition(ended, goOn)).toThrow(TransitionError)
    const told = transition(ended, { type: 'announced', at, seq: 9 })
    expect(transition(told, goOn)).toMatchObject({ former: { seq: 9 }, parkings: [{}, {}] })
  })

  test('has what was known of its work back where it ends before it has a machine, and not after', () => {
    const outcome = { kind: 'cancelled' } as const
    const waiting = transition(over, goOn)
    const { result, work, merge } = over
    expect(transition(waiting, { type: 'finished', at, outcome })).toMatchObject({ result, work, merge })
    const booted = [events[3], { type: 'finished', at, outcome } as const].reduce(
      (task, event) => (event ? transition(task, event) : task),
      transition(waiting, { type: 'slot-leased', at, slot: slot(2) }),
    )
    expect(booted).toMatchObject({ result: null, work: null, merge: null })
  })

  test('has what a person decided against wait for a review', () => {
    const rejected = { kind: 'unmerged', reason: 'rejected', files: [], detail: 'No' } as const
    const after = transition(over, { type: 'merge-tried', at, merge: rejected })
    expect(transition(after, goOn).mergePolicy).toEqual({ kind: 'review' })
    const accepted = { commit: '3'.repeat(40), only: ['3'.repeat(40)] }
    const part = transition(over, { type: 'merge-tried', at, merge: { ...sampleMerge, kept: 1 }, accepted })
    expect(transition(part, goOn).mergePolicy).toEqual({ kind: 'review' })
    expect(transition(over, goOn).mergePolicy).toBeUndefined()
    const collides = { ...rejected, reason: 'conflicts' } as const
    expect(transition(transition(over, { type: 'merge-tried', at, merge: collides }), goOn).mergePolicy).toBeUndefined()
  })

  test('a late merge changes the outcome of work that was not merged, and leaves a failure one', () => {
    const unmerged = { kind: 'unmerged', reason: 'conflicts', files: ['a'], detail: '' } as const
    const ended = (outcome: TaskOutcome) =>
      foldTask([...events.slice(0, -2), { type: 'finished', at, outcome }], '/home')
    const late = (outcome: TaskOutcome, merge: MergeOutcome) =>
      transition(ended(outcome), { type: 'merge-tried', at, merge }).state
    expect(late({ kind: 'unmerged', merge: unmerged }, { kind: 'unchanged', branch: 'main' })).toMatchObject({
      outcome: { kind: 'unchanged' },
    })
    const other = { ...unmerged, reason: 'timed_out' } as const
    expect(late({ kind: 'unmerged', merge: unmerged }, other)).toMatchObject({
      outcome: { merge: { reason: 'timed_out' } },
    })
    expect(late({ kind: 'cancelled' }, other)).toMatchObject({ outcome: { kind: 'cancelled' } })
    expect(late({ kind: 'cancelled' }, sampleMerge)).toMatchObject({ outcome: { kind: 'merged' } })
  })

  test.for(events.map((_, index) => index).slice(1, -1))('is none before its end was told (%i events)', (count) => {
    expect(() => transition(foldTask(events.slice(0, count), '/home'), goOn)).toThrow(TransitionError)
  })

  test('is none without a clone', () => {
    const failure = { code: 'clone-failed', message: 'No' } as const
    const none = [
      events[0],
      { type: 'finished', at, outcome: { kind: 'failed', failure } },
      { type: 'announced', at, seq: 1 },
    ]
    expect(() => foldTask([...none, goOn] as Parameters<typeof foldTask>[0], '/home')).toThrow(TransitionError)
  })
})

test('a fork that waits has its clone before it has a slot, and no other task has', () => {
  const cloned = { type: 'cloned', at, startCommit: 'a'.repeat(40), branch: 'main' } as const
  const fork: Fork = {
    ...{ task: '0a0b0c0d' as TaskId, startCommit: cloned.startCommit, branch: 'main', session: '1', copy: '2' },
    ...{ costUsd: 1, description: 'first', told: [] },
  }
  const waits = transition(newTask({ ...identity('/repo'), fork }, '/home'), cloned)
  expect(waits).toMatchObject({ state: { phase: 'queued' }, startCommit: cloned.startCommit, branch: 'main' })
  expect(transition(waits, { type: 'slot-leased', at, slot: slot(2) }).state).toEqual({ phase: 'cloning', slot: 2 })
  expect(transition(waits, { type: 'finished', at, outcome: { kind: 'cancelled' } })).toMatchObject({
    state: { phase: 'finished', slot: null },
    startCommit: cloned.startCommit,
  })
  expect(() => transition(newTask(identity('/repo'), '/home'), cloned)).toThrow(TransitionError)
})

describe('a task at a place', () => {
  const place = {
    ...({ name: 'desk', kind: 'ssh', host: 'desk', options: [], seat: `${'0'.repeat(16)}-0a0b0c0d` } as const),
    command: ['/node', '/node.js'],
  } as const
  const there = newTask({ ...identity('/repo'), place }, '/home')
  const placed = { type: 'placed', at, node: 'desk-1' } as const
  const cloned = { type: 'cloned', at, startCommit: 'a'.repeat(40), branch: 'main' } as const
  const started = { type: 'machine-started-there', at } as const

  test('has no slot, and says where it is', () => {
    const working = [placed, cloned, started, { type: 'agent-started', at } as const].reduce(transition, there)
    expect(working).toMatchObject({ state: { phase: 'working', slot: null }, machine: null, machineStartedAt: at })
    expect(taskView(working)).toMatchObject({ phase: 'working', slot: null, pid: null, place: 'desk', node: 'desk-1' })
    expect(taskView(there)).not.toHaveProperty('node')
  })

  test('says which image its last machine booted, as far as that is told', () => {
    const booting = [placed, cloned, { ...started, image: 'cafe' }].reduce(transition, there)
    expect(booting).toMatchObject({ guestImage: 'cafe' })
    expect(transition(booting, started)).not.toHaveProperty('guestImage')
  })

  test('that is started there once more is as far as it was', () => {
    const booting = [placed, cloned, started].reduce(transition, there)
    expect(transition(booting, { ...placed, node: 'desk-2' })).toEqual({ ...booting, node: 'desk-2' })
  })

  test('that was parked is there anew, and of the machine that it had nothing is known', () => {
    const exited = { type: 'machine-exited', at, exit: { kind: 'powered-off' } } as const
    const parking = { reason: { code: 'usage-limit', message: 'So' }, until: at, usage: null } as const
    const parked = [placed, cloned, started, exited, { type: 'parked', at, parking } as const].reduce(transition, there)
    expect(transition({ ...parked, guestImage: 'cafe' }, placed)).not.toHaveProperty('guestImage')
    expect(transition(parked, placed)).toMatchObject({
      ...{ state: { phase: 'booting', slot: null }, startCommit: cloned.startCommit },
      ...{ machineStartedAt: null, exit: null, parkings: [parking] },
    })
    const brought = { type: 'brought-along', at, parkings: [parking], messages: [] } as const
    expect(transition(there, brought)).toEqual({ ...there, parkings: [parking] })
  })

  test('is one from its creation on, and nothing happens there before it is placed', () => {
    expect(() => transition(newTask(identity('/repo'), '/home'), placed)).toThrow(TransitionError)
    for (const event of [cloned, started]) expect(() => transition(there, event)).toThrow(TransitionError)
  })
})

test('work is saved after the end where none, or not all of it, was', () => {
  const whole = foldTask(events.slice(0, -1), '/home')
  expect(whole.state.phase).toBe('finished')
  const salvaged = events.find((event) => event.type === 'salvaged')
  if (!salvaged?.work) throw new Error('There is such an event')
  const again = { ...salvaged, work: { ...salvaged.work, commit: 'b'.repeat(40) } }
  expect(() => transition(whole, again)).toThrow(TransitionError)
  expect(transition({ ...whole, work: null }, again)).toMatchObject({ work: again.work })
  const part = { ...whole, work: { ...salvaged.work, unsaved: true } }
  expect(transition(part, again)).toMatchObject({ work: again.work, state: whole.state })
})
