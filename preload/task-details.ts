/**
 * What the window shows of one task: its record, console, steps and changes.
 */

import type { Failure } from '../main/core/failure.ts'
import type { CheckReport } from '../main/core/merge/check-report.ts'
import type { AlsoKept, MergeOutcome } from '../main/core/merge/merge.ts'
import type { AgentChoice } from '../main/core/task/agent-choice.ts'
import type { TaskCaps } from '../main/core/task/caps.ts'
import type { TaskMessage } from '../main/core/task/message.ts'
import type { AgentUsage, TaskId } from '../main/core/task/task.ts'
import type { TaskRow } from './live-state.ts'

export interface TaskDetails {
  readonly row: TaskRow
  /** The whole text. */
  readonly description: string
  readonly repoPath: string
  readonly branch: string | null
  readonly startCommit: string | null
  /** Null in records of older versions. */
  readonly caps: TaskCaps | null
  /** What was chosen in place of the user's own model and effort, and of what is checked out; null where nothing was. */
  readonly agent: AgentChoice | null
  readonly base: string | null
  readonly summary: string | null
  readonly failure: Failure | null
  readonly merge: MergeOutcome | null
  /** What the check of the repository's policy did; null where there was none. */
  readonly check: CheckReport | null
  /** What its agent was told after it began, oldest first; each text cut. */
  readonly messages: readonly TaskMessage[]
  /** For how long its agent waits for more each time that it is done, in milliseconds; null where its task ends then. */
  readonly holdMs: number | null
  /** The task at whose end this one began. */
  readonly forkOf: TaskId | null
  /** The task whose conflicts this one is to resolve. */
  readonly resolves: TaskId | null
  /** What salvage found worth telling, one sentence each. */
  readonly notes: readonly string[]
  /** Work that was found beside the line that merges, each at a ref of its own. */
  readonly also: readonly AlsoKept[]
  readonly folder: string
  readonly consolePath: string
}

/** Bytes of a console. The window asks for the next piece when it has shown the last: never more than one is under way. */
export interface ConsolePiece {
  /** Where the piece starts. Lower than asked for when the file was started over: what was shown before is in `FILE.1`. */
  readonly offset: number
  /** Base64 of at most `limit` bytes. */
  readonly data: string
  /** Bytes of the file now. */
  readonly size: number
  /** The machine is off and nothing more will come. */
  readonly ended: boolean
}

/** What a shell in a task's machine showed; the next question says by its `after` that it came. */
export interface ShellPiece {
  /** Base64. */
  readonly data: string
  /** Where the next piece begins, in bytes since the shell was opened. */
  readonly next: number
  /** Whether the shell has ended, and nothing comes any more. */
  readonly ended: boolean
}

interface AnyStep {
  /** ISO 8601; null where the stream does not say. */
  readonly at: string | null
  /** The place among all steps, from 0, of the tool by which the agent started another one that said or did this. Absent for its own steps. */
  readonly within?: number
}

/** One thing that Claude thought, said or did, from its stream: guest data, bounded and parsed by the host. */
export type Step =
  | (AnyStep & { readonly kind: 'said'; readonly text: string })
  | (AnyStep & { readonly kind: 'thought'; readonly text: string })
  | (AnyStep & {
      readonly kind: 'tool'
      readonly tool: string
      /** The command, path, pattern or the like; one line, at most 300 characters. */
      readonly subject: string
      /** What it printed, at most 4,000 characters; null while it runs. */
      readonly output: string | null
      readonly failed: boolean
    })
  | (AnyStep & {
      readonly kind: 'ended'
      readonly success: boolean
      readonly text: string
      readonly usage: AgentUsage
    })

export interface Steps {
  readonly steps: readonly Step[]
  /** To give as `after` for what comes next. A tool that was running comes again with its output, from `from` on. */
  readonly from: number
  readonly next: number
  readonly ended: boolean
}

export interface ChangedFile {
  readonly path: string
  readonly oldPath: string | null
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'type-changed'
  readonly added: number
  readonly removed: number
  readonly binary: boolean
  /** Where it is more than an ordinary file: `link`, `submodule`, `new, executable`, `mode 644 → 755`, `file → link`. */
  readonly mode?: string
}

export interface Changes {
  /** The task works: what it changed is in its clone alone. */
  readonly live: boolean
  /** When that was read; ISO 8601, UTC. Null where it was not. */
  readonly readAt: string | null
  /** What could not be read, one sentence each. */
  readonly notes: readonly string[]
  readonly commits: readonly {
    readonly id: string
    readonly subject: string
    readonly author: string
    readonly at: string
  }[]
  /** The first 2,000 files at most; `fileCount` counts all. */
  readonly files: readonly ChangedFile[]
  readonly fileCount: number
}
