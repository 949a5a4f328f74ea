/**
 * What collides when a task's commits are put onto the branch as it is now, and how a person settles it. `ours` is the branch, `theirs`
 * the task, as in a rebase of the task.
 */

import type { MergeOutcome } from './merge.ts'

/** A file as a tree has it: a mode such as `100644`, and the id of its blob (of a commit, for a submodule). */
export interface FileSide {
  readonly mode: string
  readonly id: string
}

export type SideName = 'base' | 'ours' | 'theirs'

/** The same file from which both began, and what each made of it; null where it is not. */
export type FileSides = Readonly<Record<SideName, FileSide | null>>

export type ConflictKind =
  | 'content' // both changed it; a rename may be part of it
  | 'add/add' // both made it
  | 'deleted-by-branch' // the task changed or renamed what the branch deleted
  | 'deleted-by-task' // the branch changed or renamed what the task deleted
  | 'rename/rename' // both renamed it, differently: it appears under both names
  | 'displaced' // a directory, or a file of another type, is in its place: it waits under a name of ours
  | 'moved-directory' // made in a directory that the other side renamed

/** What the sides hold, and with it what can be done: hunks exist for text alone. */
export type ConflictContent = 'text' | 'binary' | 'link' | 'submodule' | 'too-large'

export interface FileConflict {
  /** Where it is, or would be, in the merged tree; as `shownPath` shows it. Unique within its commit. */
  readonly path: string
  /** The name that it had before, or would have if nothing were in its place; null when that is `path`. */
  readonly oldPath: string | null
  readonly kind: ConflictKind
  readonly content: ConflictContent
  readonly sides: FileSides
  /** Other paths of the same conflict: the second name of a rename, the directory in the way. */
  readonly related: readonly string[]
}

/** What becomes of one conflicting hunk. */
export type HunkPick = SideName | 'ours-theirs' | 'theirs-ours' | 'neither'

/** What a person decided for one file. `as` puts the result under another path. */
export type Resolution =
  /** That side as it is; where it has no file, the file goes. */
  | { readonly kind: 'side'; readonly side: SideName; readonly as?: string }
  /** What merged by itself, and a pick for each hunk that did not, in their order. */
  | {
      readonly kind: 'hunks'
      readonly picks: readonly HunkPick[]
      readonly mode?: 'ours' | 'theirs'
      readonly as?: string
    }
  /** Edited by hand; in the encoding that the file was shown in. */
  | { readonly kind: 'text'; readonly text: string; readonly mode?: 'ours' | 'theirs'; readonly as?: string }
  | { readonly kind: 'delete' }

/** A piece of a merged file: what merged by itself, or the three sides of what did not. Texts end as their lines do. */
export type Chunk =
  | { readonly kind: 'merged'; readonly text: string }
  | ({ readonly kind: 'conflict' } & Readonly<Record<SideName, string>>)

/** How a file's bytes are shown as text, and made of it again. */
export type TextEncoding = 'utf8' | 'latin1'

/** One conflicting file, opened. */
export type ConflictText =
  | { readonly kind: 'text'; readonly encoding: TextEncoding; readonly chunks: readonly Chunk[] }
  /** Its conflicting chunks alone; it can be had by picks, not by editing. */
  | { readonly kind: 'too-large'; readonly encoding: TextEncoding; readonly chunks: readonly Chunk[] }
  /** Bytes of each side; null where there is none. */
  | {
      readonly kind: Exclude<ConflictContent, 'text' | 'too-large'>
      readonly bytes: Readonly<Record<SideName, number | null>>
    }

/**
 * The file that the picks make of its chunks. Pure.
 * @returns undefined unless there is one pick for each conflicting chunk.
 */
export function composeChunks(chunks: readonly Chunk[], picks: readonly HunkPick[]): string | undefined {
  const conflicts = chunks.filter(({ kind }) => kind === 'conflict').length
  if (picks.length !== conflicts) return undefined
  let next = 0
  return chunks
    .map((chunk) => (chunk.kind === 'merged' ? chunk.text : pickText(chunk, picks[next++] ?? 'neither')))
    .join('')
}

function pickText(chunk: Extract<Chunk, { kind: 'conflict' }>, pick: HunkPick): string {
  switch (pick) {
    case 'neither':
      return ''
    case 'ours-theirs':
      return joined(chunk.ours, chunk.theirs)
    case 'theirs-ours':
      return joined(chunk.theirs, chunk.ours)
    default:
      return chunk[pick]
  }
}

/** A side that ends without a newline gets one before the other begins: of the other's kind. */
function joined(first: string, second: string): string {
  if (first === '' || second === '' || first.endsWith('\n')) return first + second
  return `${first}${/\r\n/.test(second) ? '\r\n' : '\n'}${second}`
}

/** Tells sides apart: a choice is made for these and no others. */
export const printOf = ({ base, ours, theirs }: FileSides): string =>
  [base, ours, theirs].map((side) => (side ? `${side.mode}:${side.id}` : '-')).join(' ')

/** What a person chose for one file of one commit. */
export interface Choice {
  readonly commit: string
  readonly path: string
  /** See `printOf`. */
  readonly print: string
  readonly resolution: Resolution
}

/** A commit of the task on its way onto the branch. */
export interface CommitProgress {
  readonly id: string
  readonly subject: string
  readonly author: string
  /** `settled`: it collided and every file of it was chosen for. Nothing is known yet of what those that wait collide with. */
  readonly state: 'applied' | 'settled' | 'stopped' | 'waiting'
  readonly files: readonly { readonly conflict: FileConflict; readonly resolution: Resolution | null }[]
}

export interface ConflictsView {
  readonly branch: string
  /** The branch's commit that all of it was worked out against. */
  readonly onto: string
  /** All collisions are chosen for: it can be finished. */
  readonly settled: boolean
  /** Why what was chosen for the commit that it stopped at cannot be had, with what to do; null when nothing speaks against it. */
  readonly problem: string | null
  /** In the order in which they are put onto the branch. */
  readonly commits: readonly CommitProgress[]
  /** Choices that hold no more, because what they were made for has changed. */
  readonly stale: readonly Choice[]
}

/** What finishing did. */
export interface FinishedConflicts {
  readonly merge: MergeOutcome
  /** Commits, files and choices as they were brought onto the branch. */
  readonly settled: ConflictsView
  /** Choices that hold no more, when the branch moved at the last moment and nothing was merged. */
  readonly stale: ConflictsView['stale']
}
