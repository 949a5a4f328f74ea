import type { Place } from '../../../preload/host.ts'
import type { TaskId } from '../../core/task/task.ts'

/** What a click in a menu, or on a notification, means. */
export type DesktopAction =
  | { readonly kind: 'show'; readonly place: Place | null }
  | { readonly kind: 'quick-entry' }
  | { readonly kind: 'add-repository' }
  | { readonly kind: 'start-at-login'; readonly on: boolean }
  | { readonly kind: 'install-command-line' }
  | { readonly kind: 'stop' | 'merge' | 'retry'; readonly id: TaskId }
  /** Every task that has not ended, those that wait included. */
  | { readonly kind: 'stop-all' }
  | { readonly kind: 'pause-queue'; readonly on: boolean }
  | { readonly kind: 'copy'; readonly text: string }
  | { readonly kind: 'check-for-updates' }
  /** Restarts the app as the version that is ready. */
  | { readonly kind: 'install-update' }
  | { readonly kind: 'quit' }

/** What the system does itself, as it does in every app. */
type Role = NonNullable<Electron.MenuItemConstructorOptions['role']>

/** A menu as plain data: what is in it is decided from the state alone, and `build-menu.ts` hands it to the system. */
export type MenuEntry =
  | { readonly kind: 'separator' }
  /** Only says something. */
  | { readonly kind: 'text'; readonly label: string }
  | ActionEntry
  | {
      readonly kind: 'check'
      readonly label: string
      readonly checked: boolean
      readonly action: DesktopAction
    }
  | { readonly kind: 'menu'; readonly label: string; readonly entries: readonly MenuEntry[]; readonly role?: Role }
  | { readonly kind: 'role'; readonly role: Role }

interface ActionEntry {
  readonly kind: 'action'
  readonly label: string
  readonly action: DesktopAction
  /** The keys that choose it, as Electron spells them. */
  readonly keys?: string
  /** It is shown and cannot be chosen now. */
  readonly disabled?: boolean
}

const separator: MenuEntry = { kind: 'separator' }

export const text = (label: string): MenuEntry => ({ kind: 'text', label })

export const choice = (
  label: string,
  action: DesktopAction,
  more: Pick<ActionEntry, 'keys' | 'disabled'> = {},
): ActionEntry => ({ kind: 'action', label, action, ...more })

export const show = (label: string, place: Place | null, more?: Pick<ActionEntry, 'keys' | 'disabled'>): MenuEntry =>
  choice(label, { kind: 'show', place }, more)

export const role = (name: Role): MenuEntry => ({ kind: 'role', role: name })

export const menu = (
  label: string,
  groups: readonly (readonly MenuEntry[])[],
  more: { role?: Role } = {},
): MenuEntry => ({
  kind: 'menu',
  label,
  entries: grouped(groups),
  ...more,
})

/** The groups that have something in them, with separators between. */
export const grouped = (groups: readonly (readonly MenuEntry[])[]): readonly MenuEntry[] =>
  groups.filter((group) => group.length > 0).flatMap((group, index) => (index === 0 ? group : [separator, ...group]))
