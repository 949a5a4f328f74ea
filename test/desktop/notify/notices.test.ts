import { expect, test } from 'vitest'
import type { SlotId } from '../../../main/core/task/task.ts'
import { type Notice, noticesBetween } from '../../../main/desktop/notify/notices.ts'
import { registered } from '../../../main/desktop/notify/registered.ts'
import type { RowState, Snapshot, TaskRow } from '../../../preload/live-state.ts'
import { ended, row, snapshotOf, working } from '../../support/window/window-rows.ts'

const id = row('aaaaaaaa', working).id
const ref = 'refs/tasks/aaaaaaaa'
const parkedUntil = (until: string): RowState => ({
  phase: 'parked',
  until,
  detail: 'At its usage limit',
  position: null,
})
const parked = parkedUntil('2026-01-02T08:00:00.000Z')

const waits: RowState = {
  phase: 'waiting',
  slot: 1 as SlotId,
  since: '2026-01-02T08:00:00.000Z',
  until: '2026-01-02T08:30:00.000Z',
}

const step = (was: RowState, is: RowState, more: Partial<TaskRow> = {}): readonly [Snapshot, Snapshot] => [
  snapshotOf([row('aaaaaaaa', was)]),
  snapshotOf([row('aaaaaaaa', is, more)]),
]
const told = ([before, now]: readonly [Snapshot, Snapshot]): readonly Notice[] => noticesBetween(before, now, null)
const unmerged = (reason: 'conflicts' | 'awaiting_review' | 'branch_moved') =>
  step(working, ended('unmerged', { reason, fileCount: 2, detail: 'It waits' }), { ref })

test.each<[string, readonly [Snapshot, Snapshot], string, readonly string[]]>([
  ['merged', step(working, ended('merged')), 'Merged', []],
  ['unchanged', step(working, ended('unchanged')), 'Done, nothing to merge', []],
  ['failed', step(working, ended('failed', { reason: 'timed-out' })), 'Failed', ['Retry']],
  ['failed with work', step(working, ended('failed', { reason: 'timed-out' }), { ref }), 'Failed', ['Merge', 'Retry']],
  ['in conflict', unmerged('conflicts'), 'Conflicts to resolve', ['Resolve Conflicts', 'Retry']],
  ['to review', unmerged('awaiting_review'), 'Waits for your review', ['Review', 'Retry']],
  ['unmerged', unmerged('branch_moved'), 'Not merged yet', ['Merge', 'Retry']],
  ['parked', step(working, parked), 'Parked', []],
  ['waiting for its user', step(working, waits), 'Waits for you', []],
])(
  'a task that is %s is notified once, with what can be done, and not where the settings say so',
  (_what, at, title, actions) => {
    const [notice, ...others] = told(at)
    expect(others).toEqual([])
    expect(notice).toMatchObject({
      title,
      place: { view: 'task', id },
      group: 'repository-project',
      about: `task-${id}`,
    })
    expect(notice?.actions.map(({ label }) => label)).toEqual(actions)
    const [, now] = at
    expect(told([now, { ...now, tasks: now.tasks.map((task) => ({ ...task })) }])).toEqual([])
    const off = { notifyCompleted: false, notifyFailed: false, notifyConflicts: false, notifyParked: false }
    expect(told([at[0], { ...now, settings: { ...now.settings, ...off } }])).toEqual([])
  },
)

test('attempts are told of by the last one that ends, as one thing to choose', () => {
  const attempt = { group: 'aaaaaaaa', as: 'candidate', text: 'Attempt' } as const
  const at = '2026-01-02T08:00:00.000Z'
  const over = (of: string) =>
    row(of, ended('unmerged', { reason: 'awaiting_choice' }), { attempt, ref: `refs/tasks/${of}`, finishedAt: at })
  const runs = (of: string) => row(of, working, { attempt })
  const both = snapshotOf([runs('aaaaaaaa'), runs('bbbbbbbb')])
  const half = snapshotOf([over('aaaaaaaa'), runs('bbbbbbbb')])
  expect(told([both, half])).toEqual([])
  const [notice, ...others] = told([half, snapshotOf([half.tasks[0] ?? over('aaaaaaaa'), over('bbbbbbbb')])])
  expect(others).toEqual([])
  expect(notice).toMatchObject({
    title: 'Attempts to choose from',
    actions: [{ label: 'Compare Attempts', action: { kind: 'show', place: { view: 'attempts' } } }, { label: 'Retry' }],
  })
})

test('there is no notice about the task that the user has before them', () => {
  const [before, now] = unmerged('conflicts')
  expect(noticesBetween(before, now, id)).toEqual([])
  expect(noticesBetween(before, now, row('bbbbbbbb', working).id)).toHaveLength(1)
})

test('a task that is parked again is notified again', () => {
  expect(told(step(parked, parkedUntil('2026-01-02T13:00:00.000Z')))).toMatchObject([{ title: 'Parked' }])
  expect(told(step(parked, { ...parked, position: 1 } as RowState))).toEqual([])
})

test('what the user cancelled, and ends from before the app knew the task, are not told', () => {
  const before = snapshotOf([row('aaaaaaaa', working)])
  const now = snapshotOf([row('aaaaaaaa', ended('cancelled')), row('bbbbbbbb', ended('failed'))])
  expect(noticesBetween(before, now, null)).toEqual([])
})

test('a warning is notified when it comes, not for each new figure in it, and not where the settings say so', () => {
  const quiet = snapshotOf([])
  const warned = snapshotOf([], { warnings: ['The disk of /home has 4.8 GiB left'] })
  expect(told([quiet, warned])).toMatchObject([
    { title: 'Warning', body: 'The disk of /home has 4.8 GiB left', group: 'warnings', place: { view: 'slots' } },
  ])
  expect(told([warned, snapshotOf([], { warnings: ['The disk of /home has 3.9 GiB left'] })])).toEqual([])
  expect(told([warned, snapshotOf([], { warnings: ['2 records cannot be read'] })])).toHaveLength(1)
  const off = { ...warned, settings: { ...warned.settings, notifyWarnings: false } }
  expect(told([quiet, off])).toEqual([])
})

test('a dropped repository whose tools were found is asked about in the window', () => {
  const value = { kind: 'tools-found', path: '/code/shop', found: 'Node 24', devContainer: null, doubts: [] } as const
  expect(registered('/code/shop', { ok: true, value })).toEqual({
    ...{ title: 'It has no flake.nix', place: { view: 'repositories' } },
    body: '/code/shop: add it in the window to use what was found',
  })
})
