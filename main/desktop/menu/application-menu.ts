import { isDeepStrictEqual } from 'node:util'
import type { TaskRow } from '../../../preload/live-state.ts'
import { choice, type DesktopAction, type MenuEntry, menu, role, show } from './entries.ts'
import { taskActions } from './task-actions.ts'

/** What the menu bar depends on. */
export interface MenuBarState {
  /** The task that the window shows; null where it shows none. */
  readonly task: TaskRow | null
  /** Whether any task has not ended. */
  readonly hasUnfinished: boolean
  /** The address of the MCP endpoint, for Claude Code. */
  readonly mcpUrl: string
  /** Undefined where the app does not update itself. */
  readonly update?: MenuEntry | undefined
}

/** The menu bar while the window is open, from the state alone. Its keys work in a window without a menu bar, too. */
export function applicationMenu(state: MenuBarState): readonly MenuEntry[] {
  return [
    menu('microvm-orchestrator', [
      [role('about'), ...(state.update ? [state.update] : [])],
      [show('Settings…', { view: 'settings' }, { keys: 'CmdOrCtrl+,' })],
      [role('services')],
      [role('hide'), role('hideOthers'), role('unhide')],
      [role('quit')],
    ]),
    menu('File', [
      [
        show('New Task…', { view: 'new-task' }, { keys: 'CmdOrCtrl+N' }),
        choice('Quick Task…', { kind: 'quick-entry' }),
        choice('Add Repository…', { kind: 'add-repository' }, { keys: 'CmdOrCtrl+O' }),
      ],
      [role('close')],
    ]),
    role('editMenu'),
    menu('View', [
      [
        show('Slots', { view: 'slots' }, { keys: 'CmdOrCtrl+1' }),
        show('Needs You', { view: 'conflicts' }, { keys: 'CmdOrCtrl+2' }),
        show('History', { view: 'history' }, { keys: 'CmdOrCtrl+3' }),
        show('Repositories', { view: 'repositories' }, { keys: 'CmdOrCtrl+4' }),
        show('Places', { view: 'places' }, { keys: 'CmdOrCtrl+7' }),
      ],
      [role('resetZoom'), role('zoomIn'), role('zoomOut')],
      [role('togglefullscreen')],
    ]),
    menu('Task', taskMenu(state)),
    menu('Window', [[role('minimize'), role('zoom')], [role('front')]], { role: 'window' }),
    menu(
      'Help',
      [
        [
          show('Check This Computer', { view: 'setup' }),
          choice('Copy Address for Claude Code', { kind: 'copy', text: state.mcpUrl }),
          choice('Install Command Line Tool…', { kind: 'install-command-line' }),
        ],
      ],
      { role: 'help' },
    ),
  ]
}

/** Always the same entries, so that they stay in their places; those that the task in front does not offer cannot be chosen. */
function taskMenu({ task, hasUnfinished }: MenuBarState): readonly (readonly MenuEntry[])[] {
  if (!task) {
    const none = (label: string): MenuEntry => choice(label, { kind: 'show', place: null }, { disabled: true })
    return [
      [none('Stop…')],
      [none('Review…'), none('Resolve Conflicts…'), none('Merge'), none('Retry')],
      [none('Copy ID')],
      [stopAll(hasUnfinished)],
    ]
  }
  const { id } = task
  const offered = taskActions(task).map(({ action }) => action)
  const entry = (label: string, action: DesktopAction, keys?: string): MenuEntry =>
    choice(label, action, {
      ...(keys !== undefined && { keys }),
      disabled: !offered.some((one) => isDeepStrictEqual(one, action)),
    })
  return [
    [entry('Stop…', { kind: 'stop', id }, 'CmdOrCtrl+.')],
    [
      entry('Review…', { kind: 'show', place: { view: 'review', id } }, 'CmdOrCtrl+Alt+R'),
      entry('Resolve Conflicts…', { kind: 'show', place: { view: 'resolve', id } }),
      entry('Merge', { kind: 'merge', id }, 'CmdOrCtrl+Alt+M'),
      entry('Retry', { kind: 'retry', id }),
    ],
    [choice('Copy ID', { kind: 'copy', text: id }, { keys: 'CmdOrCtrl+Shift+C' })],
    [stopAll(hasUnfinished)],
  ]
}

const stopAll = (hasUnfinished: boolean): MenuEntry =>
  choice('Stop All…', { kind: 'stop-all' }, { disabled: !hasUnfinished })
