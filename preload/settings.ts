import type { HomePart } from '../main/core/home-parts.ts'

type Theme = 'system' | 'light' | 'dark'

/** The settings that the window can change, as `settings.json` holds them; see `main/settings/settings.ts`. */
export interface WindowSettings {
  readonly port: number
  /** What tasks may reach in repositories that have no policy of their own: a word, or a list of hosts. */
  readonly egress: 'open' | 'closed' | readonly string[]
  readonly memoryMiB: number
  readonly cpus: number
  /** How many machines may wait, booted ahead of their tasks. */
  readonly warmMachines: number
  readonly queue: boolean
  /** Whether no task that waits begins. */
  readonly queuePaused: boolean
  readonly taskTimeoutMs: number
  readonly maxCostUsd: number | null
  readonly maxTokens: number | null
  readonly silenceTimeoutMs: number | null
  readonly minFreeGiB: number
  readonly pruneAfterDays: number | null
  readonly onQuit: 'leave' | 'stop'
  /** Whether conflicts wait for a wish, or another task resolves them by itself. */
  readonly resolveConflicts: 'ask' | 'auto'
  /** Tasks that one client may ask for in a minute; null: no limit. */
  readonly runsPerMinute: number | null
  readonly privateNetworks: boolean
  readonly serverTools: 'refuse' | 'allow'
  /** What of the user's own Claude Code tasks are given as copies. */
  readonly asAtHome: readonly HomePart[]
  readonly guest: 'auto' | 'nixos' | 'debian'
  readonly guestImage: string | null
  readonly bootTimeoutMs: number
  readonly powerOffTimeoutMs: number
  readonly idleBackgroundMs: number | null
  readonly onUsageLimit: 'park' | 'fail'
  readonly heldPaths: readonly string[]
  readonly trailers: boolean
  readonly tasksFolder: string | null
  readonly linkClones: boolean
  readonly theme: Theme
  /** These nine concern the desktop app, and do nothing in a browser. */
  readonly notifyCompleted: boolean
  readonly notifyFailed: boolean
  readonly notifyConflicts: boolean
  readonly notifyParked: boolean
  readonly notifyWarnings: boolean
  readonly notifySound: boolean
  /** Of the panel for a quick task, as `main/core/shortcut.ts` spells them; null: none. */
  readonly quickEntryKeys: string | null
  /** Which releases the app takes by itself. */
  readonly updates: 'stable' | 'beta' | 'off'
  readonly keepAwake: boolean
}

/** The settings that are in force, and what `settings.json` says of those that hold only from the next start of the server on. */
export interface ShownSettings extends WindowSettings {
  readonly atNextStart: Partial<WindowSettings>
}
