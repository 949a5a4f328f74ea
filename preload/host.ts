/**
 * The host that the window belongs to: what it lacks, what it can do, and where it sends the window.
 */

import type { Failure } from '../main/core/failure.ts'
import type { TaskId } from '../main/core/task/task.ts'

export type Added =
  | { readonly kind: 'registered'; readonly alias: string; readonly notes: readonly string[] }
  /** It has no flake, but its files say what it needs: the user says whether that is used. Nothing is registered yet. */
  | {
      readonly kind: 'tools-found'
      readonly path: string
      /** `Node 24, pnpm 10`; empty where a dev container is all that says what is needed. */
      readonly found: string
      /** The description of the dev container that tasks would work in; null where there is none that they can. */
      readonly devContainer: string | null
      /** One sentence each: what contradicts, was guessed or left out. */
      readonly doubts: readonly string[]
    }
  /** It is a git repository, but nothing says what tasks need: `writeStarterFlake` makes a `flake.nix`. */
  | { readonly kind: 'flake-missing'; readonly path: string }
  | { readonly kind: 'refused'; readonly path: string; readonly failure: Failure }

export interface HostProblem {
  readonly code: string
  readonly message: string
  /** One sentence or one command line. */
  readonly cure: string
  readonly optional: boolean
}

export interface Setup {
  /** Empty when a task can run. */
  readonly problems: readonly HostProblem[]
  readonly token: 'environment' | 'stored' | 'missing' | 'unsafe'
  readonly mcpUrl: string
  /** `claude mcp add ...`, to be copied. */
  readonly mcpCommand: string
}

/** What this window's host can do beyond what every one can. */
export interface Host {
  readonly kind: 'desktop' | 'web'
  readonly platform: 'darwin' | 'linux' | 'other'
  readonly version: string
  /** Of all its memory and processors; machines have a part of them. */
  readonly size: { readonly cpus: number; readonly memoryMiB: number }
  /** Whether the app starts at login; null where the system has no such setting. */
  readonly startAtLogin: 'on' | 'off' | 'requires-approval' | null
}

/** What the panel for a quick task offers. */
export interface QuickEntry {
  readonly repositories: readonly {
    readonly alias: string
    readonly branch: string | null
    /** Why no task can start in it now. */
    readonly problem: Failure | null
  }[]
  /** The alias that the newest task is in; null where it is registered no more, or there is no task. */
  readonly usual: string | null
}

/** The views of one task. */
export const taskViews = ['task', 'resolve', 'review', 'plan', 'attempts'] as const

/** Where the window is to go, because a notification or a menu said so. */
export type Place =
  | { readonly view: 'slots' | 'repositories' | 'conflicts' | 'history' | 'places' | 'setup' | 'settings' }
  /** `repo`: the alias of the repository that is chosen there; left out, the one that was chosen last. */
  | { readonly view: 'new-task'; readonly repo?: string }
  /** `plan`: the tasks that come before and after that one; `attempts`: those at the same task. */
  | { readonly view: (typeof taskViews)[number]; readonly id: TaskId }
  | { readonly view: 'repository'; readonly alias: string }
