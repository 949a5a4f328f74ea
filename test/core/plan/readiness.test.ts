import { expect, test } from 'vitest'
import { readinessOf, TasksById } from '../../../main/core/plan/readiness.ts'
import type { TaskOutcome } from '../../../main/core/task/task.ts'
import { sampleMerge as sample, slot, taskId } from '../../support/tasks.ts'

type Known = ConstructorParameters<typeof TasksById>[0] extends Iterable<infer One> ? One : never

const ids = { a: taskId('aaaaaaaa'), b: taskId('bbbbbbbb'), c: taskId('cccccccc'), d: taskId('dddddddd') }
const unmerged = (reason: 'conflicts' | 'rejected' | 'awaiting_review' | 'withdrawn'): TaskOutcome => ({
  kind: 'unmerged',
  merge: { kind: 'unmerged', reason, files: [], detail: '' },
})
const merged: TaskOutcome = { kind: 'merged', merge: sample }
const failed: TaskOutcome = { kind: 'failed', failure: { code: 'agent-failed', message: 'It failed' } }

const ended = (name: keyof typeof ids, outcome: TaskOutcome, more: Partial<Known> = {}): Known => ({
  id: ids[name],
  repoPath: '/repo',
  createdAt: `2026-01-0${'abcd'.indexOf(name) + 1}T00:00:00.000Z`,
  state: { phase: 'finished', slot: slot(1), outcome },
  work: { ref: `refs/tasks/${ids[name]}`, commit: name.repeat(40) },
  merge: outcome.kind === 'merged' || outcome.kind === 'unmerged' ? { kind: outcome.kind } : null,
  ...more,
})
const working = (name: keyof typeof ids, more: Partial<Known> = {}): Known => ({
  ...ended(name, merged),
  ...{ state: { phase: 'working', slot: slot(2) }, work: null, merge: null, ...more },
})
const after = (...names: (keyof typeof ids)[]) => ({ after: names.map((name) => ids[name]), repoPath: '/repo' })
const held = (by: keyof typeof ids, why: RegExp, cause = 'no-result') => ({
  ...{ kind: 'held', by: ids[by], cause, why: expect.stringMatching(why) },
})

test.each<[string, Parameters<typeof readinessOf>[0], Known[], unknown]>([
  ['one that works', after('a'), [working('a')], { kind: 'waits', for: [ids.a] }],
  ['one of two', after('a', 'b'), [working('a'), ended('b', merged)], { kind: 'waits', for: [ids.a] }],
  [
    'what is on the branch',
    after('a', 'b'),
    [ended('a', merged), ended('b', { kind: 'unchanged' })],
    { kind: 'ready' },
  ],
  [
    'work that collides, as its start',
    after('a', 'b'),
    [ended('a', unmerged('conflicts')), ended('b', merged)],
    { kind: 'ready', base: { kind: 'commit', name: ids.a, commit: 'a'.repeat(40) } },
  ],
  [
    'work that waits for a review, with a start of its own',
    { ...after('a'), base: { kind: 'branch', branch: 'next' } },
    [ended('a', unmerged('awaiting_review'))],
    { kind: 'ready' },
  ],
  [
    'work of another repository',
    after('a'),
    [ended('a', unmerged('conflicts'), { repoPath: '/other' })],
    { kind: 'ready' },
  ],
  [
    'two works that are not merged',
    after('a', 'b'),
    [ended('a', unmerged('conflicts')), ended('b', unmerged('awaiting_review'))],
    held('a', /aaaaaaaa and bbbbbbbb is not on the branch yet/, 'unmerged'),
  ],
  ['one that failed', after('a', 'b'), [ended('a', failed), working('b')], held('a', /aaaaaaaa has failed/)],
  ['one that was stopped', after('a'), [ended('a', { kind: 'cancelled' })], held('a', /was cancelled/)],
  ['rejected work', after('a'), [ended('a', unmerged('rejected'))], held('a', /was rejected/)],
  [
    'work that was taken out of what lands',
    after('a'),
    [ended('a', unmerged('withdrawn'))],
    held('a', /was taken out/),
  ],
  ['one that was deleted', after('a'), [], held('a', /record of task aaaaaaaa was deleted/, 'deleted')],
  [
    'a failure that a person merged',
    after('a'),
    [ended('a', failed, { merge: { kind: 'merged' } })],
    { kind: 'ready' },
  ],
  [
    'the run in place of one that failed',
    after('a'),
    [ended('a', failed), working('c', { retries: ids.a })],
    { kind: 'waits', for: [ids.c] },
  ],
  [
    'the last of several runs',
    after('a'),
    [ended('a', failed), ended('b', failed, { retries: ids.a }), ended('c', merged, { retries: ids.b })],
    { kind: 'ready' },
  ],
  [
    'the newest of two runs of the same, whatever the order',
    after('a'),
    [ended('c', merged, { retries: ids.a }), ended('a', failed), ended('b', failed, { retries: ids.a })],
    { kind: 'ready' },
  ],
  [
    'what has come to a result, though it was run again',
    after('a'),
    [ended('a', merged), working('b', { retries: ids.a })],
    { kind: 'ready' },
  ],
  [
    'the run in place of one whose record was deleted',
    after('a'),
    [ended('b', merged, { retries: ids.a })],
    { kind: 'ready' },
  ],
])('a task after %s', (_what, follower, tasks, expected) => {
  expect(readinessOf(follower, new TasksById(tasks))).toEqual(expected)
})

test('records that claim to repeat each other are no endless way', () => {
  const tasks = [ended('a', failed, { retries: ids.b }), ended('b', failed, { retries: ids.a })]
  expect(readinessOf(after('a'), new TasksById(tasks))).toMatchObject({ kind: 'held' })
})
