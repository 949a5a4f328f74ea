import { countOf, type PathList } from '../bounded-list.ts'
import type { TaskId } from '../task/task.ts'
import type { FileDiff } from './file-diff.ts'

/** What two tasks of one repository both change, of which one works at least. */
export interface Overlap {
  /** The other one. */
  readonly task: TaskId
  /** Files that both change, not to the same. */
  readonly files: PathList
  /** Those of them in which the same lines changed, as far as that can be told: both have to start from one commit. */
  readonly collides: PathList
}

/** A place in a file as it was at the start: lines from `from`, counted from 1, up to but without `to`. An insertion has none. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Where lines changed, in order; null where a file cannot be compared by lines. Pure. */
export function changedSpans(diff: FileDiff): readonly Span[] | null {
  if (diff.kind !== 'text') return null
  const spans: Span[] = []
  for (const { oldStart, lines } of diff.hunks) {
    let at = oldStart
    for (const { kind } of lines) {
      if (kind !== ' ') {
        const to = kind === '-' ? at + 1 : at
        const last = spans.at(-1)
        if (last && last.to === at) spans[spans.length - 1] = { from: last.from, to }
        else spans.push({ from: at, to })
      }
      if (kind !== '+') at += 1
    }
  }
  return spans
}

/** Whether git could not merge both changes by itself: some of them overlap, or have no line between them. Pure. */
export function spansCollide(one: readonly Span[] | null, other: readonly Span[] | null): boolean {
  if (one === null || other === null) return true
  return one.some((a) => other.some((b) => a.from <= b.to && b.from <= a.to))
}

/** A task as far as it is compared with others. */
export interface ComparedTask {
  readonly id: TaskId
  /** Its agent works. */
  readonly isLive: boolean
  readonly startCommit: string | null
  /** What it changed, by path: what is there now. */
  readonly files: ReadonlyMap<string, string>
  /** Tasks that are expected to change the same: those that it comes after, resolves, repeats or goes on from. */
  readonly kin: ReadonlySet<TaskId>
  /** Of attempts, which are all given one text; null for any other. */
  readonly group: string | null
}

/** Files that two tasks both change, not to the same. Empty where they need not be compared. Pure. */
export function sharedFiles(one: ComparedTask, other: ComparedTask): readonly string[] {
  if (!one.isLive && !other.isLive) return []
  if (one.kin.has(other.id) || other.kin.has(one.id)) return []
  if (one.group !== null && one.group === other.group) return []
  return [...one.files].flatMap(([path, blob]) => {
    const theirs = other.files.get(path)
    return theirs === undefined || theirs === blob ? [] : [path]
  })
}

/** The one with which most collides; undefined where there is none. Pure. */
export const worstOverlap = (overlaps: readonly Overlap[]): Overlap | undefined =>
  overlaps.toSorted((one, other) => countOf(other.collides) - countOf(one.collides))[0]

/** For a person, one sentence with no full stop; null where there is none. Names of files are a guest's. Pure. */
export function overlapText(overlaps: readonly Overlap[]): string | null {
  const worst = worstOverlap(overlaps)
  if (!worst) return null
  const collides = worst.collides.files.length > 0
  const list = collides ? worst.collides : worst.files
  const more = countOf(list) - 1
  const files = more > 0 ? `${list.files[0]} and ${more} more ${more === 1 ? 'file' : 'files'}` : `${list.files[0]}`
  const others = overlaps.length - 1
  const tasks = others > 0 ? `task ${worst.task} and ${others} more change` : `task ${worst.task} changes`
  return collides ? `Changes the same lines of ${files} as ${tasks}` : `Changes ${files}, which ${tasks}, too`
}
