import type { Failure } from '../main/core/failure.ts'
import type { CheckReport } from '../main/core/merge/check-report.ts'
import type { TaskId } from '../main/core/task/task.ts'
import type { TaskRow } from './live-state.ts'
import type { ChangedFile } from './task-details.ts'

/** Several attempts at one task, beside each other. */
export interface AttemptsView {
  /** Where the choice among them stands; `judged`: another task reads them, and is to choose. */
  readonly choice: 'runs' | 'judged' | 'open' | 'none' | 'chosen'
  /** Where all of them began; null before that is known. */
  readonly startCommit: string | null
  /** By their numbers. */
  readonly attempts: readonly AttemptColumn[]
  /** The task that reads them, once there is one. */
  readonly judge: Judge | null
}

export interface AttemptColumn {
  readonly row: TaskRow
  /** From 1. */
  readonly number: number
  /** The model that was asked for, or that its agent's stream names; null where neither is known. */
  readonly model: string | null
  /** Null where none was run. */
  readonly check: CheckReport | null
  /** What its agent says of it; null before its end. */
  readonly summary: string | null
  /** Against the start. Null before its end: what it changes is in its clone alone. */
  readonly changes: AttemptChanges | Failure | null
}

export interface AttemptChanges {
  readonly commits: number
  /** Of all files. */
  readonly added: number
  readonly removed: number
  /** At most 500, `fileCount` counts all. */
  readonly files: readonly Pick<ChangedFile, 'path' | 'status' | 'added' | 'removed' | 'binary'>[]
  readonly fileCount: number
}

export interface Judge {
  readonly row: TaskRow
  /** Its answer, a guest's word; null before its end. */
  readonly said: string | null
  /** The attempt that the answer names; null where it names none of them. */
  readonly choice: { readonly number: number; readonly task: TaskId } | null
}
