import type {
  Chunk,
  CommitProgress,
  ConflictsView,
  HunkPick,
  Resolution,
  SideName,
} from '../../../main/core/merge/conflicts.ts'
import type { Hunk } from '../../../main/core/merge/file-diff.ts'
import { type DiffLine, linesOf } from '../../diff/diff-rows.ts'
import type { Picks } from '../../stores/conflict-picks.ts'

/** One file of one commit that collides. */
export interface OpenFile {
  readonly commit: CommitProgress
  readonly file: CommitProgress['files'][number]
}

type Conflict = Extract<Chunk, { kind: 'conflict' }>

export const filesOf = ({ commits }: ConflictsView): readonly OpenFile[] =>
  commits.flatMap((commit) => commit.files.map((file) => ({ commit, file })))

export const isSame = (one: OpenFile | undefined, other: OpenFile): boolean =>
  one?.commit.id === other.commit.id && one.file.conflict.path === other.file.conflict.path

/** What is to be decided next: the first file without a choice, or the first of all. */
export function nextOpen(view: ConflictsView): OpenFile | undefined {
  const files = filesOf(view)
  return files.find(({ file }) => file.resolution === null) ?? files[0]
}

/** How far it is: files of those that are known to collide, and the commit that it stopped at. */
export function progressOf(view: ConflictsView) {
  const files = filesOf(view)
  const stopped = view.commits.findIndex(({ state }) => state === 'stopped')
  return {
    files: files.length,
    chosen: files.filter(({ file }) => file.resolution !== null).length,
    commits: view.commits.length,
    /** From 1. */
    commit: stopped < 0 ? view.commits.length : stopped + 1,
  }
}

export const conflictsIn = (chunks: readonly Chunk[]): readonly Conflict[] =>
  chunks.filter((chunk) => chunk.kind === 'conflict')

/** What was picked before, when it was picked hunk by hunk. */
export const picksOf = (chunks: readonly Chunk[], resolution: Resolution | null): Picks =>
  resolution?.kind === 'hunks' ? resolution.picks : conflictsIn(chunks).map(() => null)

/** A conflict with what stands around it, which is the same whatever is picked. */
export interface PlacedConflict {
  readonly conflict: Conflict
  /** The number of its first line on each side, from 1; null where not all of the file is known. */
  readonly lines: Readonly<Record<SideName, number>> | null
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Each conflict of the file. @param around lines before and after it. @param isWhole whether the chunks are all of the file. */
export function placedConflicts(chunks: readonly Chunk[], around: number, isWhole: boolean): readonly PlacedConflict[] {
  const at = { base: 1, ours: 1, theirs: 1 }
  return chunks.flatMap((chunk, index) => {
    if (chunk.kind === 'merged') {
      const { length } = rowsOf(chunk.text)
      for (const side of sideNames) at[side] += length
      return []
    }
    const lines = isWhole ? { ...at } : null
    for (const side of sideNames) at[side] += rowsOf(chunk[side]).length
    const [before, after] = [chunks[index - 1], chunks[index + 1]]
    return [
      {
        conflict: chunk,
        lines,
        before: before?.kind === 'merged' ? rowsOf(before.text).slice(-around) : [],
        after: after?.kind === 'merged' ? rowsOf(after.text).slice(0, around) : [],
      },
    ]
  })
}

const sideNames = ['base', 'ours', 'theirs'] as const

export const isComplete = (picks: Picks): picks is readonly HunkPick[] => picks.every((pick) => pick !== null)

/** A field for text knows one end of line: `mixed` text would come out of it changed. */
export function lineEndOf(chunks: readonly Chunk[]): '\n' | '\r\n' | 'mixed' {
  const text = chunks.map((chunk) => (chunk.kind === 'merged' ? chunk.text : chunk.base + chunk.ours + chunk.theirs))
  const ends = new Set(text.join('').match(/\r\n|\n|\r/g))
  if (ends.size === 0) return '\n'
  const [end] = ends
  return ends.size === 1 && (end === '\n' || end === '\r\n') ? end : 'mixed'
}

const marks = { ours: '<<<<<<< yours', base: '||||||| base', theirs: '=======', end: '>>>>>>> task' } as const

export const firstMark = marks.ours

/** For what is not picked yet, all sides between marks as git writes them. */
export const marked = ({ base, ours, theirs }: Conflict): string =>
  `${marks.ours}\n${ended(ours)}${marks.base}\n${ended(base)}${marks.theirs}\n${ended(theirs)}${marks.end}\n`

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

/** A mark was left in: no one means to commit that. */
export const hasMarks = (text: string): boolean =>
  text.split('\n').some((line) => line.trimEnd() === marks.ours || line.trimEnd() === marks.end)

/** The lines of a side, with what differs from the base as added. */
export function linesOfSide(base: string, side: string): readonly DiffLine[] {
  const [old, now] = [rowsOf(base), rowsOf(side)]
  const shorter = Math.min(old.length, now.length)
  let head = 0
  while (head < shorter && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const line = (kind: ' ' | '+' | '-') => (text: string) => ({ kind, text })
  const hunk: Hunk = {
    oldStart: 1,
    newStart: 1,
    heading: '',
    lines: [
      ...now.slice(0, head).map(line(' ')),
      ...old.slice(head, old.length - tail).map(line('-')),
      ...now.slice(head, now.length - tail).map(line('+')),
      ...now.slice(now.length - tail).map(line(' ')),
    ],
  }
  return linesOf(hunk).filter(({ kind }) => kind !== '-')
}

export function rowsOf(text: string): readonly string[] {
  const rows = text.split('\n')
  return rows.at(-1) === '' ? rows.slice(0, -1) : rows
}

/** What a file became, a few words. */
export function resolutionText(resolution: Resolution): string {
  switch (resolution.kind) {
    case 'delete':
      return 'deleted'
    case 'text':
      return 'edited by hand'
    case 'side':
      return { base: 'as it was before', ours: 'yours', theirs: 'the task’s' }[resolution.side]
    case 'hunks':
      return [...new Set(resolution.picks.map((pick) => pickWords[pick]))].join(', ') || 'as it merged'
    default:
      return resolution satisfies never
  }
}

export const pickWords: Readonly<Record<HunkPick, string>> = {
  base: 'base',
  ours: 'yours',
  theirs: 'the task’s',
  'ours-theirs': 'yours, then the task’s',
  'theirs-ours': 'the task’s, then yours',
  neither: 'neither',
}
