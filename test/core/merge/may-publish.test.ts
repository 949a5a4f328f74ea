import { expect, test } from 'vitest'
import { noPaths, pathList } from '../../../main/core/bounded-list.ts'
import { type Act, type By, mayPublish, type WaitingWork } from '../../../main/core/merge/may-publish.ts'
import { leftUnderWay } from '../../../main/core/merge/merge.ts'
import { type MergePolicy, stricterPolicy } from '../../../main/core/merge/merge-policy.ts'

const auto: MergePolicy = { kind: 'auto' }
const review: MergePolicy = { kind: 'review' }
const check: MergePolicy = { kind: 'check', command: 'npm test' }
const other: MergePolicy = { kind: 'check', command: 'make check' }
const passed = { exitCode: 0, output: '' }

const work = (
  change: Partial<WaitingWork> = {},
  recorded: MergePolicy = auto,
  current: MergePolicy | null = recorded,
) => ({
  ...{
    taskId: 'a1b2c3d4',
    waits: true,
    succeeded: true,
    check: null,
    choice: 'none' as const,
    left: null,
    held: noPaths,
    decided: null,
    kept: 0,
  },
  beside: 0,
  policies: { recorded, current },
  ...change,
})
const failed = (recorded: MergePolicy) => work({ succeeded: false, check: passed }, recorded)

/** The reason for each of policy and client, in their order; null where it may. A person may do anything. */
type Row = readonly [title: string, WaitingWork, byPolicy: string | null, byClient: string | null]

const merges: readonly Row[] = [
  ['auto', work(), null, null],
  ['auto, a failed task', failed(auto), 'task_failed', null],
  ['review', work({}, review), 'awaiting_review', 'awaiting_review'],
  ['review, a failed task', failed(review), 'task_failed', 'task_failed'],
  ['a check that passed', work({ check: passed }, check), null, null],
  ['a check that failed', work({ check: { exitCode: 2, output: '' } }, check), 'check_failed', 'check_failed'],
  [
    'a check that a signal ended',
    work({ check: { exitCode: null, output: '' } }, check),
    'check_failed',
    'check_failed',
  ],
  ['a check that was not run', work({}, check), 'check_failed', 'check_failed'],
  ['a check that passed, a failed task', failed(check), 'task_failed', 'task_failed'],
  ['one of several attempts', work({ choice: 'open' }), 'awaiting_choice', 'awaiting_choice'],
  [
    'an attempt whose check failed',
    work({ choice: 'open', check: { exitCode: 2, output: '' } }, check),
    'check_failed',
    'check_failed',
  ],
  ['an attempt, before its review', work({ choice: 'open' }, review), 'awaiting_choice', 'awaiting_choice'],
  ['the attempt that was chosen', work({ choice: 'chosen' }), null, null],
  [
    'the attempt that was chosen, under review',
    work({ choice: 'chosen' }, review),
    'awaiting_review',
    'awaiting_review',
  ],
  ['an attempt in whose place another was chosen', work({ choice: 'other' }), 'not_chosen', 'not_chosen'],
  ['what a judge left', work({ choice: 'judge' }), 'not_chosen', 'not_chosen'],
  [
    'what a judge left, which is not checked',
    work({ choice: 'judge', check: null }, check),
    'not_chosen',
    'not_chosen',
  ],
  ['an operation left', work({ left: { operation: 'rebase', files: [] } }), 'operation_left', 'operation_left'],
  [
    'an operation left, a failed task',
    { ...failed(auto), left: { operation: 'merge', files: [] } },
    'task_failed',
    'operation_left',
  ],
  [
    'an operation left, review',
    work({ left: { operation: 'merge', files: [] } }, review),
    'operation_left',
    'operation_left',
  ],
  ['held paths', work({ held: { files: ['.envrc'] } }), 'held_paths', 'held_paths'],
  [
    'held paths, a check that passed',
    work({ held: { files: ['.envrc'] }, check: passed }, check),
    'held_paths',
    'held_paths',
  ],
  ['held paths, a failed task', { ...failed(auto), held: { files: ['.envrc'] } }, 'task_failed', 'held_paths'],
  ['accepted', work({ decided: 'accepted', held: { files: ['.envrc'] } }, review), null, null],
  ['accepted, a failed task', { ...failed(review), decided: 'accepted' }, null, null],
  ['rejected', work({ decided: 'rejected' }), 'rejected', 'rejected'],
  ['auto, made review since', work({}, auto, review), 'awaiting_review', 'awaiting_review'],
  ['auto, made a check since', work({ check: passed }, auto, check), 'check_failed', 'check_failed'],
  ['a check that passed, made another since', work({ check: passed }, check, other), 'check_failed', 'check_failed'],
  ['a check that passed, made auto since', work({ check: passed }, check, auto), null, null],
  ['review, made auto since', work({}, review, auto), 'awaiting_review', 'awaiting_review'],
  ['review, taken off the list since', work({}, review, null), 'awaiting_review', 'awaiting_review'],
  ['nothing waits', work({ waits: false, succeeded: false }, review), null, null],
]

test.each(merges)('%s: who may merge', (_title, given, byPolicy, byClient) => {
  const reasonFor = (by: By) => {
    const verdict = mayPublish(given, 'merge', by)
    return verdict.kind === 'yes' ? null : verdict.reason
  }
  expect([reasonFor('policy'), reasonFor('client'), reasonFor('person')]).toEqual([byPolicy, byClient, null])
})

const removals: readonly (readonly [title: string, WaitingWork, cleanUp: boolean, drop: boolean])[] = [
  ['auto', work(), true, true],
  ['a failed task', failed(auto), true, true],
  ['a failed task under review', failed(review), false, false],
  ['review', work({}, review), false, false],
  ['accepted, and something in the way', work({ decided: 'accepted' }, review), false, false],
  ['rejected', work({ decided: 'rejected' }), false, false],
  ['held paths', work({ held: { files: ['.envrc'] } }), false, false],
  ['an operation left', work({ left: { operation: 'rebase', files: [] } }), false, false],
  ['made review since', work({}, auto, review), false, false],
  ['merged', work({ waits: false }, review), true, true],
  ['merged, with work beside it', work({ waits: false, beside: 1 }), true, true],
  ['merged under review, with work beside it', work({ waits: false, beside: 1 }, review), true, false],
  ['merged after a check, with work beside it', work({ waits: false, beside: 1, check: passed }, check), true, false],
  ['merged, made review since, with work beside it', work({ waits: false, beside: 2 }, auto, review), true, false],
  ['merged as accepted, with work beside it', work({ waits: false, decided: 'accepted', beside: 1 }), true, false],
  [
    'unchanged, left under way',
    work({ waits: false, left: { operation: 'merge', files: [] }, beside: 1 }),
    true,
    false,
  ],
  ['merged in part, or resolved differently', work({ waits: false, kept: 2 }), true, false],
]

test.each(removals)(
  '%s: who else than a person may clean up (%s), and drop the ref (%s)',
  (_title, given, cleanUp, drop) => {
    const may = (act: Act, by: By) => mayPublish(given, act, by).kind === 'yes'
    for (const by of ['policy', 'client'] as const) {
      expect({ by, cleanUp: may('clean-up', by), drop: may('drop', by) }).toEqual({ by, cleanUp, drop })
    }
    expect([may('clean-up', 'person'), may('drop', 'person')]).toEqual([true, true])
  },
)

test.each([
  [auto, null, auto],
  [auto, check, check],
  [auto, review, review],
  [check, auto, check],
  [check, other, other],
  [check, review, review],
  [review, auto, review],
  [review, check, review],
  [review, null, review],
])('of the policies %j and %j now, %j binds', (recorded, current, bound) => {
  expect(stricterPolicy(recorded, current)).toEqual(bound)
})

test('of many held paths some are named and all are counted', () => {
  const held = pathList(Array.from({ length: 5_000 }, (_, n) => `${n}/.envrc`))
  const verdict = mayPublish(work({ held }), 'merge', 'policy')
  expect(verdict).toMatchObject({
    paths: { files: { length: 200 }, more: 4_800 },
    detail: expect.stringContaining('5000 paths'),
  })
})

test('work of which not every file with such lines was looked into is never free of conflict markers', () => {
  const left = leftUnderWay(null, { files: [], isPartial: true })
  expect(mayPublish(work({ left }), 'merge', 'policy')).toMatchObject({
    kind: 'no',
    reason: 'operation_left',
    detail: expect.stringContaining('More files than are looked into'),
  })
})
