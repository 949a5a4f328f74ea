import { expect, test } from 'vitest'
import type { MenuEntry } from '../../../main/desktop/menu/entries.ts'
import { trayMenu } from '../../../main/desktop/menu/tray-menu.ts'
import { applyDelta } from '../../../preload/apply-delta.ts'
import type { RepositoryRow, RowState } from '../../../preload/live-state.ts'
import { slot } from '../../support/tasks.ts'
import { ended, row, snapshotOf, working } from '../../support/window/window-rows.ts'

const options = { startAtLogin: 'off', isOwn: true } as const

const labelOf = (entry: MenuEntry): string =>
  entry.kind === 'separator'
    ? '-'
    : entry.kind === 'role'
      ? entry.role
      : entry.kind === 'menu'
        ? `${entry.label} >`
        : entry.label

const labels = (entries: readonly MenuEntry[]): readonly string[] => entries.map(labelOf)

/** The labels of the menu that is called so, and of those in it. */
function within(entries: readonly MenuEntry[], ...path: readonly string[]): readonly string[] {
  const [name, ...rest] = path
  if (name === undefined) return labels(entries)
  const found = entries.find((entry) => entry.kind === 'menu' && entry.label === name)
  if (found?.kind !== 'menu') throw new Error(`There is no menu ${name}`)
  return within(found.entries, ...rest)
}

test('with nothing at work the menu is short', () => {
  expect(labels(trayMenu(snapshotOf([]), options))).toEqual([
    'No task is running',
    '-',
    'Repositories >',
    'Quick Task…',
    'New Task…',
    'Pause Queue',
    'Open Window',
    '-',
    'Start at Login',
    'Copy Address for Claude Code',
    'Settings…',
    'Install Command Line Tool…',
    '-',
    'Quit',
  ])
})

test('work that was rejected does not wait for the user', () => {
  const rejected = row('bbbbbbbb', ended('unmerged', { reason: 'rejected' }), {
    title: 'Unwanted',
    ref: 'refs/tasks/bbbbbbbb',
  })
  expect(labels(trayMenu(snapshotOf([rejected]), options)).join()).not.toContain('Needs you')
  const held = row('cccccccc', ended('unmerged', { reason: 'conflicts' }), { ref: 'refs/tasks/cccccccc' })
  expect(labels(trayMenu(snapshotOf([rejected, held]), options))).toContain('Needs you: 1 >')
})

const long = 'Rewrite the parser so that it takes every kind of input there is'
const repository: RepositoryRow = {
  ...{ alias: 'project', path: '/home/kim/project', added: '2026-01-02T03:04:05.000Z', branch: 'main', problem: null },
  ...{
    environment: { kind: 'auto' } as const,
    egress: null,
    mergePolicy: { kind: 'auto' } as const,
    tasks: 3,
    costUsd: 0,
    lastTask: null,
  },
}
const busy = snapshotOf(
  [
    row('aaaaaaaa', ended('merged'), { title: 'Old' }),
    row('bbbbbbbb', ended('unmerged', { reason: 'conflicts' }), { title: 'Clashed', ref: 'refs/tasks/bbbbbbbb' }),
    row('cccccccc', working, { title: long }),
    row('dddddddd', { phase: 'booting', slot: slot(4) }),
    row('eeeeeeee', { phase: 'queued', position: 1, blocked: null }, { title: 'Later' }),
  ],
  { warnings: ['The disk is nearly full'], repositories: [repository] },
)
const cutTitle = 'project: Rewrite the parser so that it takes eve… — working'

test('tasks are named by what they do, the running ones first', () => {
  const entries = trayMenu(busy, { startAtLogin: null, isOwn: false })
  expect(labels(entries)).toEqual([
    ...['2 of 10 slots busy', `${cutTitle} >`, 'project: Add a greeting — booting >', '1 waiting >', '-'],
    ...['The disk is nearly full', '-', 'project: Old — merged >', '-', 'Needs you: 1 >', '-'],
    ...['Repositories >', 'Quick Task…', 'New Task…', 'Pause Queue', 'Stop All…', 'Open Window', '-'],
    ...['Copy Address for Claude Code', 'Settings…', 'Install Command Line Tool…', '-', 'Quit (the server goes on)'],
  ])
})

test('each task and each repository has a menu of what can be done with it', () => {
  const entries = trayMenu(busy, options)
  expect(within(entries, cutTitle)).toEqual(['Show', '-', 'Stop…', '-', 'Copy ID'])
  expect(within(entries, '1 waiting', 'project: Later — queued')).toEqual([
    'Show',
    '-',
    'Take from Queue…',
    '-',
    'Copy ID',
  ])
  expect(within(entries, 'Needs you: 1', 'project: Clashed — not merged')).toEqual([
    ...['Show', '-', 'Resolve Conflicts…', 'Retry', '-', 'Copy ID'],
  ])
  expect(within(entries, 'Repositories', 'project')).toEqual([
    ...['project: Later — queued >', 'project: Add a greeting — booting >', `${cutTitle} >`],
    ...['project: Clashed — not merged >', '-', 'New Task…', 'Show', 'Copy Path'],
  ])
  const newTask = { kind: 'show', place: { view: 'new-task', repo: 'project' } }
  expect(JSON.stringify(entries)).toContain(JSON.stringify(newTask))
  const first = entries[1]
  expect(first?.kind === 'menu' && first.entries[0]).toMatchObject({
    action: { kind: 'show', place: { view: 'task', id: 'cccccccc' } },
  })
  expect(entries).toContainEqual(
    expect.objectContaining({ action: { kind: 'copy', text: 'http://127.0.0.1:8765/mcp' } }),
  )
})

test('an agent that waits for the user is among what needs the user', () => {
  const waits = {
    phase: 'waiting',
    slot: slot(4),
    since: '2026-01-02T03:04:05.000Z',
    until: '2026-01-02T04:04:05.000Z',
  }
  const entries = trayMenu(snapshotOf([row('dddddddd', waits as RowState)]), options)
  expect(within(entries, 'Needs you: 1')).toEqual(['project: Add a greeting — waits for you >', '-', 'Show All…'])
})

test('a menu fits the screen however many tasks wait', () => {
  const many = Array.from({ length: 40 }, (_, at) =>
    row(`0000${1000 + at}`, { phase: 'queued', position: at + 1, blocked: null }),
  )
  const waiting = within(trayMenu(snapshotOf(many), options), '40 waiting')
  expect(waiting).toHaveLength(13)
  expect(waiting.at(-1)).toBe('and 28 more')
})

test('a queue that is paused says so, and can be resumed', () => {
  const paused = { ...busy, settings: { ...busy.settings, queuePaused: true } }
  const entries = trayMenu(paused, options)
  expect(labels(entries)).toContain('1 waiting (paused) >')
  expect(entries).toContainEqual(
    expect.objectContaining({ label: 'Pause Queue', checked: true, action: { kind: 'pause-queue', on: false } }),
  )
})

test('a login item that waits for approval says where to give it', () => {
  const entries = trayMenu(snapshotOf([]), { startAtLogin: 'requires-approval', isOwn: true })
  const at = labels(entries).indexOf('Start at Login')
  expect(entries[at]).toMatchObject({ checked: true, action: { kind: 'start-at-login', on: false } })
  expect(labels(entries)[at + 1]).toBe('Allow it in System Settings › Login Items')
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
