import type { Host, Place } from '../../preload/host.ts'
import type { RowState, Snapshot, TaskRow } from '../../preload/live-state.ts'

/** What a click on an entry means. */
export type TrayAction =
  | { readonly kind: 'show'; readonly place: Place | null }
  | { readonly kind: 'add-repository' }
  | { readonly kind: 'start-at-login'; readonly on: boolean }
  | { readonly kind: 'install-command-line' }
  | { readonly kind: 'quit' }

export type TrayEntry =
  | { readonly kind: 'separator' }
  /** Only says something. */
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  | { readonly kind: 'check'; readonly label: string; readonly checked: boolean; readonly action: TrayAction }
  | { readonly kind: 'menu'; readonly label: string; readonly entries: readonly TrayEntry[] }

export interface TrayOptions {
  readonly startAtLogin: Host['startAtLogin']
  /** False when tasks run in a server of their own: quitting ends the window alone. */
  readonly isOwn: boolean
}

const titleLength = 40
const recentTasks = 3

/** What stands beside the icon: how many slots are busy, nothing when none is. Pure. */
export const trayTitle = ({ slots }: Pick<Snapshot, 'slots'>): string => {
  const busy = busySlots(slots)
  return busy === 0 ? '' : String(busy)
}

/** Everything in the menu of the tray, from the state alone. */
export function trayMenu(snapshot: Snapshot, { startAtLogin, isOwn }: TrayOptions): readonly TrayEntry[] {
  const { tasks, slots, repositories, warnings } = snapshot
  const running = tasks.filter(({ state }) => 'slot' in state && state.phase !== 'finished')
  const waiting = tasks.filter(({ state }) => state.phase === 'queued' || state.phase === 'parked').length
  const unmerged = tasks.filter(
    ({ state }) => state.phase === 'finished' && state.outcome === 'unmerged' && state.reason !== 'rejected',
  ).length
  const recent = tasks.filter(({ state }) => state.phase === 'finished').slice(-recentTasks)
  const busy = busySlots(slots)
  return grouped([
    [
      text(busy === 0 ? 'No task is running' : `${busy} of ${slots.length} slots busy`),
      ...running.map(taskEntry),
      ...(waiting > 0 ? [text(`${waiting} waiting`)] : []),
    ],
    warnings.map((warning) => text(cut(warning, 60))),
    recent.toReversed().map(taskEntry),
    unmerged > 0 ? [show(`Waiting to be merged: ${unmerged}`, { view: 'conflicts' })] : [],
    [
      {
        kind: 'menu',
        label: 'Repositories',
        entries: grouped([
          repositories.map(({ alias }) => show(alias, { view: 'repositories' })),
          [{ kind: 'action', label: 'Add Repository…', action: { kind: 'add-repository' } }],
        ]),
      },
      show('New Task…', { view: 'new-task' }),
      show('Open Window', null),
    ],
    [
      ...loginEntries(startAtLogin),
      show('Settings…', { view: 'settings' }),
      { kind: 'action', label: 'Install Command Line Tool…', action: { kind: 'install-command-line' } },
    ],
    [{ kind: 'action', label: isOwn ? 'Quit' : 'Quit (the server goes on)', action: { kind: 'quit' } }],
  ])
}

function loginEntries(state: Host['startAtLogin']): readonly TrayEntry[] {
  if (state === null) return []
  const action: TrayAction = { kind: 'start-at-login', on: state === 'off' }
  const entry: TrayEntry = { kind: 'check', label: 'Start at Login', checked: state !== 'off', action }
  return state === 'requires-approval' ? [entry, text('Allow it in System Settings › Login Items')] : [entry]
}

const busySlots = (slots: Snapshot['slots']): number => slots.filter(({ taskId }) => taskId !== null).length

const taskEntry = ({ id, title, repo, state }: TaskRow): TrayEntry =>
  show(`${repo}: ${cut(title, titleLength)} — ${wordFor(state)}`, { view: 'task', id })

function wordFor(state: RowState): string {
  if (state.phase !== 'finished') return state.phase
  return state.outcome === 'unmerged' ? 'not merged' : state.outcome
}

const text = (label: string): TrayEntry => ({ kind: 'text', label })
const show = (label: string, place: Place | null): TrayEntry => ({
  kind: 'action',
  label,
  action: { kind: 'show', place },
})
const cut = (label: string, length: number): string =>
  label.length > length ? `${label.slice(0, length - 1).trimEnd()}…` : label

/** The groups that have something in them, with separators between. */
const grouped = (groups: readonly (readonly TrayEntry[])[]): readonly TrayEntry[] =>
  groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [{ kind: 'separator' } as const, ...group]))
