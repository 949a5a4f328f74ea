import type { Host } from '../../../preload/host.ts'
import type { RepositoryRow, RowState, Snapshot, TaskRow } from '../../../preload/live-state.ts'
import { isRunning, isWaiting, needing as needingAmong } from '../../../preload/task-needs.ts'
import { choice, type DesktopAction, grouped, type MenuEntry, menu, show, text } from './entries.ts'
import { taskActions } from './task-actions.ts'
import { busySlots } from './tray-face.ts'

export interface TrayOptions {
  readonly startAtLogin: Host['startAtLogin']
  /** False when tasks run in a server of their own: quitting ends the window alone. */
  readonly isOwn: boolean
  /** Undefined where the app does not update itself. */
  readonly update?: MenuEntry | undefined
}

const titleLength = 40
const recentTasks = 3
/** Of a menu that must fit a screen. */
const shownTasks = 12

/** Everything in the menu of the tray, from the state alone. Pure. */
export function trayMenu(snapshot: Snapshot, { startAtLogin, isOwn, update }: TrayOptions): readonly MenuEntry[] {
  const { tasks, slots, repositories, warnings, address, settings } = snapshot
  const needing = needingAmong(tasks)
  const open = tasks.filter((row) => isRunning(row) || isWaiting(row) || needing.includes(row))
  const running = open.filter(isRunning)
  const waiting = open.filter(isWaiting)
  const recent = tasks.filter((row) => row.state.phase === 'finished' && !needing.includes(row)).slice(-recentTasks)
  const busy = busySlots(slots)
  return grouped([
    [
      text(busy === 0 ? 'No task is running' : `${busy} of ${slots.length} slots busy`),
      ...running.map(taskEntry),
      ...(waiting.length > 0
        ? [menu(`${waiting.length} waiting${settings.queuePaused ? ' (paused)' : ''}`, [someOf(waiting)])]
        : []),
    ],
    warnings.map((warning) => text(cut(warning, 60))),
    recent.toReversed().map(taskEntry),
    needing.length > 0
      ? [
          menu(`Needs you: ${needing.length}`, [
            someOf(needing.toReversed()),
            [show('Show All…', { view: 'conflicts' })],
          ]),
        ]
      : [],
    [
      menu('Repositories', [
        repositories.map((repository) => repositoryEntry(repository, open)),
        [choice('Add Repository…', { kind: 'add-repository' })],
      ]),
      choice('Quick Task…', { kind: 'quick-entry' }, keysOf(settings.quickEntryKeys)),
      show('New Task…', { view: 'new-task' }),
      pauseQueue(settings.queuePaused),
      ...(running.length + waiting.length > 0 ? [choice('Stop All…', { kind: 'stop-all' })] : []),
      show('Open Window', null),
    ],
    [
      ...loginEntries(startAtLogin),
      choice('Copy Address for Claude Code', { kind: 'copy', text: mcpUrl(address) }),
      show('Settings…', { view: 'settings' }),
      choice('Install Command Line Tool…', { kind: 'install-command-line' }),
      ...(update ? [update] : []),
    ],
    [choice(isOwn ? 'Quit' : 'Quit (the server goes on)', { kind: 'quit' })],
  ])
}

const keysOf = (keys: string | null) => (keys === null ? {} : { keys })

const pauseQueue = (isPaused: boolean): MenuEntry => ({
  ...{ kind: 'check', label: 'Pause Queue', checked: isPaused },
  action: { kind: 'pause-queue', on: !isPaused },
})

/** The address of the MCP endpoint, from the host and port that the server listens on. */
export const mcpUrl = (address: string): string => `http://${address}/mcp`

function loginEntries(state: Host['startAtLogin']): readonly MenuEntry[] {
  if (state === null) return []
  const action: DesktopAction = { kind: 'start-at-login', on: state === 'off' }
  const entry: MenuEntry = { kind: 'check', label: 'Start at Login', checked: state !== 'off', action }
  return state === 'requires-approval' ? [entry, text('Allow it in System Settings › Login Items')] : [entry]
}

const someOf = (tasks: readonly TaskRow[]): readonly MenuEntry[] => [
  ...tasks.slice(0, shownTasks).map(taskEntry),
  ...(tasks.length > shownTasks ? [text(`and ${tasks.length - shownTasks} more`)] : []),
]

const taskEntry = (row: TaskRow): MenuEntry => {
  const { id, title, repo, state } = row
  return menu(`${repo}: ${cut(title, titleLength)} — ${wordFor(state)}`, [
    [show('Show', { view: 'task', id })],
    taskActions(row).map(({ label, action }) => choice(label, action)),
    [choice('Copy ID', { kind: 'copy', text: id })],
  ])
}

/** @param open tasks that run, wait or need the user. */
function repositoryEntry({ alias, path, problem }: RepositoryRow, open: readonly TaskRow[]): MenuEntry {
  const own = open.filter(({ repo }) => repo === alias)
  return menu(alias, [
    problem ? [text(cut(problem.message, 60))] : [],
    someOf(own.toReversed()),
    [
      show('New Task…', { view: 'new-task', repo: alias }),
      show('Show', { view: 'repository', alias }),
      choice('Copy Path', { kind: 'copy', text: path }),
    ],
  ])
}

function wordFor(state: RowState): string {
  if (state.phase === 'waiting') return 'waits for you'
  if (state.phase !== 'finished') return state.phase
  return state.outcome === 'unmerged' ? 'not merged' : state.outcome
}

const cut = (label: string, length: number): string =>
  label.length > length ? `${label.slice(0, length - 1).trimEnd()}…` : label
