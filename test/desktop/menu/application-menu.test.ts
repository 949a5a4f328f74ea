import { expect, test } from 'vitest'
import { applicationMenu, type MenuBarState } from '../../../main/desktop/menu/application-menu.ts'
import type { MenuEntry } from '../../../main/desktop/menu/entries.ts'
import { taskActions } from '../../../main/desktop/menu/task-actions.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { slot } from '../../support/tasks.ts'
import { ended, row, working } from '../../support/window/window-rows.ts'

const atRest: MenuBarState = { task: null, hasUnfinished: false, mcpUrl: 'http://127.0.0.1:8765/mcp' }
const ref = 'refs/tasks/aaaaaaaa'

const menuOf = (state: Partial<MenuBarState>, label: string): readonly MenuEntry[] => {
  const found = applicationMenu({ ...atRest, ...state }).find((entry) => entry.kind === 'menu' && entry.label === label)
  if (found?.kind !== 'menu') throw new Error(`There is no menu ${label}`)
  return found.entries
}

const enabledIn = (task: TaskRow | null, hasUnfinished = false): readonly string[] =>
  menuOf({ task, hasUnfinished }, 'Task').flatMap((entry) =>
    entry.kind === 'action' && !entry.disabled ? [entry.label] : [],
  )

test('the bar has the menus that a Mac user looks for, in their order', () => {
  const titles = applicationMenu(atRest).map((entry) =>
    entry.kind === 'menu' ? entry.label : entry.kind === 'role' ? entry.role : '',
  )
  expect(titles).toEqual(['microvm-orchestrator', 'File', 'editMenu', 'View', 'Task', 'Window', 'Help'])
  const roles = menuOf({}, 'View').flatMap((entry) => (entry.kind === 'role' ? [entry.role] : []))
  expect(roles).toEqual(['resetZoom', 'zoomIn', 'zoomOut', 'togglefullscreen'])
})

test('the menu of the task keeps its entries in their places, whatever the window shows', () => {
  const labels = (task: TaskRow | null) =>
    menuOf({ task }, 'Task').map((entry) => ('label' in entry ? entry.label : entry.kind))
  expect(labels(row('aaaaaaaa', working))).toEqual(labels(null))
  expect(labels(row('aaaaaaaa', ended('merged')))).toEqual(labels(null))
})

test.each<[string, TaskRow | null, readonly string[]]>([
  ['no task', null, []],
  ['one at work', row('aaaaaaaa', working), ['Stop…', 'Copy ID']],
  ['one that waits', row('aaaaaaaa', { phase: 'queued', position: 1, blocked: null }), ['Stop…', 'Copy ID']],
  ['one that is being merged', row('aaaaaaaa', { phase: 'merging', slot: slot(1) }), ['Copy ID']],
  [
    'one that waits to land',
    row('aaaaaaaa', { phase: 'merging', slot: slot(1), landing: 'Waits to come onto the branch, 1 of 2' }),
    ['Stop…', 'Copy ID'],
  ],
  ['one that is merged', row('aaaaaaaa', ended('merged')), ['Retry', 'Copy ID']],
  [
    'one to review',
    row('aaaaaaaa', ended('unmerged', { reason: 'held_paths' }), { ref }),
    ['Review…', 'Retry', 'Copy ID'],
  ],
  [
    'one in conflict',
    row('aaaaaaaa', ended('unmerged', { reason: 'conflicts' }), { ref }),
    ['Resolve Conflicts…', 'Retry', 'Copy ID'],
  ],
  [
    'one whose branch moved',
    row('aaaaaaaa', ended('unmerged', { reason: 'branch_moved' }), { ref }),
    ['Merge', 'Retry', 'Copy ID'],
  ],
  ['one whose work was dropped', row('aaaaaaaa', ended('unmerged', { reason: 'rejected' })), ['Retry', 'Copy ID']],
])('of %s it offers what can be done', (_what, task, expected) => {
  expect(enabledIn(task)).toEqual(expected)
  // The tray offers the same, in its own words for what waits.
  const offered = task ? taskActions(task).map(({ action }) => action) : []
  const chosen = menuOf({ task }, 'Task').flatMap((entry) =>
    entry.kind === 'action' && !entry.disabled && entry.label !== 'Copy ID' ? [entry.action] : [],
  )
  expect(offered).toEqual(chosen)
})

test('all can be stopped while any task has not ended', () => {
  expect(enabledIn(null, true)).toEqual(['Stop All…'])
})
