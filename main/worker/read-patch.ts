import type { PathList } from '../core/bounded-list.ts'
import { diffText } from '../core/merge/diff-text.ts'
import { type CommitLine, type FileChange, listChanges, listCommits, type Range } from '../git/changes/list-changes.ts'
import { readDiff } from '../git/changes/read-diff.ts'
import { findUnusualPaths } from '../git/changes/unusual-paths.ts'

/** What differs between two commits, with as many lines as fit. */
export interface Patch {
  /** Newest first. */
  readonly commits: readonly CommitLine[]
  readonly files: readonly FileChange[]
  /** For each file its name and its lines, the first files first. */
  readonly patch: string
  /** How many of the files have no lines in it for want of room. */
  readonly without: number
  /** Added files unlike those that were there, see `findUnusualPaths`. */
  readonly unusual: PathList
}

/** Each file takes some processes: so many are shown at most, whatever their size. */
const mostShown = 60

export async function readPatch(
  {
    range,
    commits: most,
    path,
    characters,
  }: {
    readonly range: Range
    readonly commits: number
    /** Only this file. */
    readonly path?: string | undefined
    /** The length of the patch. */
    readonly characters: number
  },
  signal?: AbortSignal,
): Promise<Patch> {
  const [commits, all, unusual] = await Promise.all([
    listCommits(range, most, signal),
    listChanges(range, signal),
    findUnusualPaths(range, signal),
  ])
  const files = path === undefined ? all : all.filter((file) => file.path === path)
  let patch = ''
  let shown = 0
  for (const file of files.slice(0, mostShown)) {
    const text = `--- ${file.oldPath ?? file.path}\n+++ ${file.path}\n${diffText(await readDiff(range, file, {}, signal))}`
    if (patch.length + text.length > characters) break
    patch += text
    shown += 1
  }
  return { commits, files, patch, without: files.length - shown, unusual }
}
