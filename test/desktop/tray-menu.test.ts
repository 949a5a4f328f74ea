import { expect, test } from 'vitest'
import { noticesBetween } from '../../main/desktop/notices.ts'
import { type TrayEntry, trayMenu, trayTitle } from '../../main/desktop/tray-menu.ts'
import { applyDelta } from '../../preload/apply-delta.ts'
import { slot } from '../support/tasks.ts'
import { ended, row, snapshotOf, working } from '../support/window/window-rows.ts'

const options = { startAtLogin: 'off', isOwn: true } as const

const labels = (entries: readonly TrayEntry[]): readonly string[] =>
  entries.map((entry) => (entry.kind === 'separator' ? '-' : entry.kind === 'menu' ? `${entry.label} >` : entry.label))

test('with nothing at work the menu is short and the icon has no figure', () => {
  const idle = snapshotOf([])
  expect(trayTitle(idle)).toBe('')
  expect(labels(trayMenu(idle, options))).toEqual([
    'No task is running',
    '-',
    'Repositories >',
    'New Task…',
    'Open Window',
    '-',
    'Start at Login',
    'Settings…',
    'Install Command Line Tool…',
    '-',
    'Quit',
  ])
})

test('work that was rejected does not wait to be merged', () => {
  const rejected = row('bbbbbbbb', ended('unmerged', { reason: 'rejected' }), { title: 'Unwanted' })
  expect(labels(trayMenu(snapshotOf([rejected]), options)).join()).not.toContain('Waiting to be merged')
  const held = row('cccccccc', ended('unmerged', { reason: 'conflicts' }))
  expect(labels(trayMenu(snapshotOf([rejected, held]), options))).toContain('Waiting to be merged: 1')
})

test('tasks are told by what they do, and lead to themselves', () => {
  const long = 'Rewrite the parser so that it takes every kind of input there is'
  const busy = snapshotOf(
    [
      row('aaaaaaaa', ended('merged'), { title: 'Old' }),
      row('bbbbbbbb', ended('unmerged', { reason: 'conflicts' }), { title: 'Clashed' }),
      row('cccccccc', working, { title: long }),
      row('dddddddd', { phase: 'booting', slot: slot(4) }),
      row('eeeeeeee', { phase: 'queued', position: 1 }),
    ],
    { warnings: ['The disk is nearly full'] },
  )
  expect(trayTitle(busy)).toBe('2')
  const entries = trayMenu(busy, { startAtLogin: null, isOwn: false })
  expect(labels(entries).slice(0, 9)).toEqual([
    '2 of 10 slots busy',
    'project: Rewrite the parser so that it takes eve… — working',
    'project: Add a greeting — booting',
    '1 waiting',
    '-',
    'The disk is nearly full',
    '-',
    'project: Clashed — not merged',
    'project: Old — merged',
  ])
  expect(labels(entries)).toContain('Waiting to be merged: 1')
  expect(labels(entries)).not.toContain('Start at Login')
  expect(labels(entries).at(-1)).toBe('Quit (the server goes on)')
  expect(entries[1]).toMatchObject({ action: { kind: 'show', place: { view: 'task', id: 'cccccccc' } } })
})

test('a login item that waits for approval says where to give it', () => {
  const entries = trayMenu(snapshotOf([]), { startAtLogin: 'requires-approval', isOwn: true })
  const at = labels(entries).indexOf('Start at Login')
  expect(entries[at]).toMatchObject({ checked: true, action: { kind: 'start-at-login', on: false } })
  expect(labels(entries)[at + 1]).toBe('Allow it in System Settings › Login Items')
})

test.each([
  [ended('merged'), 'Merged'],
  [ended('unchanged'), 'Done, nothing to merge'],
  [ended('failed', { reason: 'timed-out', detail: 'It took too long' }), 'Failed'],
  [ended('unmerged', { reason: 'conflicts', fileCount: 2 }), 'Conflicts to resolve'],
  [ended('unmerged', { reason: 'local_changes', detail: 'a.txt is in the way' }), 'Not merged yet'],
])('the end %j is notified, once, and not where the settings say so', (state, title) => {
  const before = snapshotOf([row('aaaaaaaa', working)])
  const now = snapshotOf([row('aaaaaaaa', state)])
  expect(noticesBetween(before, now)).toMatchObject([{ title, place: { view: 'task', id: 'aaaaaaaa' } }])
  expect(noticesBetween(now, snapshotOf([row('aaaaaaaa', state)]))).toEqual([])
  const silent = { ...now.settings, notifyCompleted: false, notifyFailed: false, notifyConflicts: false }
  expect(noticesBetween(before, { ...now, settings: silent })).toEqual([])
})

test('what the user cancelled, and ends from before the app knew the task, are not notified', () => {
  const before = snapshotOf([row('aaaaaaaa', working)])
  const now = snapshotOf([row('aaaaaaaa', ended('cancelled')), row('bbbbbbbb', ended('failed'))])
  expect(noticesBetween(before, now)).toEqual([])
})

test('deltas make of a snapshot what the next one would be; a gap asks for a new one', () => {
  const first = snapshotOf([row('aaaaaaaa', working), row('bbbbbbbb', working)])
  const changed = row('aaaaaaaa', ended('merged'))
  const next = applyDelta(first, {
    seq: 2,
    changes: [
      { kind: 'task', task: changed },
      { kind: 'task-gone', id: row('bbbbbbbb', working).id },
      { kind: 'task', task: row('cccccccc', working) },
      { kind: 'warnings', warnings: ['Look'] },
    ],
  })
  expect(next).toMatchObject({ seq: 2, tasks: [changed, { id: 'cccccccc' }], warnings: ['Look'] })
  expect(applyDelta(first, { seq: 1, changes: [] })).toBe(first)
  expect(applyDelta(first, { seq: 3, changes: [] })).toBeUndefined()
})
