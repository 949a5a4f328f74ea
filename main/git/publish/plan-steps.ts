import type { BigIntStats } from 'node:fs'
import type { TreeChanges } from '../changes/tree-changes.ts'
import { bytePath } from '../process/byte-path.ts'
import { foldedName } from './fold-names.ts'
import { asSeen, lookAt, type Step } from './journal.ts'
import { parentsOf } from './parents-of.ts'

/** The files of a work tree at the paths that change, as they were before anybody compared them with the branch. */
export type Before = ReadonlyMap<string, BigIntStats>

const gitlink = '160000'

const isGitlink = (entry: string | undefined): boolean => entry?.startsWith(gitlink) === true

export async function lookBefore(workTree: string, { before }: TreeChanges): Promise<Before> {
  const found = new Map<string, BigIntStats>()
  for (const path of before.keys()) {
    const stats = await lookAt(bytePath(workTree, path))
    if (stats) found.set(path, stats)
  }
  return found
}

/**
 * The steps by which a work tree comes to what was staged for it: what leaves first, then folders that this empties, then new folders, then files. Only
 * what git staged comes, so that a sparse checkout stays one.
 */
export async function planSteps(
  workTree: string,
  staged: string,
  {
    changes,
    before,
    kept,
  }: { readonly changes: TreeChanges; readonly before: Before; readonly kept: ReadonlySet<string> },
): Promise<readonly Step[]> {
  const away: Step[] = []
  const bring: Step[] = []
  const foldersToMake = new Set<string>()
  let old = 0
  for (const path of [...changes.deleted, ...changes.changed]) {
    const becomesFolder = isGitlink(changes.after.get(path)) && !isGitlink(changes.before.get(path))
    if (changes.after.has(path) && !becomesFolder) continue
    const was = before.get(path)
    if (was && !was.isDirectory() && !kept.has(path)) away.push({ kind: 'away', path, old: old++, was: asSeen(was) })
  }
  for (const path of [...changes.changed, ...changes.added]) {
    if (isGitlink(changes.after.get(path))) {
      for (const folder of [...parentsOf(path), path]) foldersToMake.add(folder)
      continue
    }
    const stats = await lookAt(bytePath(staged, path))
    if (!stats) continue
    for (const folder of parentsOf(path)) foldersToMake.add(folder)
    const was = before.get(path)
    const over = was && !was.isDirectory() ? { old: old++, was: asSeen(was) } : null
    bring.push({ kind: 'bring', path, staged: asSeen(stats), over })
  }
  const emptied = new Set(
    [...changes.deleted, ...changes.changed]
      .filter((path) => !changes.after.has(path) || isGitlink(changes.before.get(path)))
      .flatMap((path) => [...parentsOf(path), ...(isGitlink(changes.before.get(path)) ? [path] : [])])
      .filter((folder) => !foldersToMake.has(folder)),
  )
  const removeFolders: Step[] = []
  for (const path of [...emptied].toSorted(deepestFirst)) {
    const stats = await lookAt(bytePath(workTree, path))
    if (stats?.isDirectory()) removeFolders.push({ kind: 'remove-folder', path, mode: Number(stats.mode) & 0o7777 })
  }
  const leaving = new Set([...emptied].map(foldedName))
  const makeFolders: Step[] = []
  for (const path of [...foldersToMake].toSorted((a, b) => -deepestFirst(a, b))) {
    const stats = await lookAt(bytePath(workTree, path))
    // One that leaves under another spelling is there only as yet.
    if (!stats?.isDirectory() || leaving.has(foldedName(path))) makeFolders.push({ kind: 'make-folder', path })
  }
  return [...away, ...removeFolders, ...makeFolders, ...bring]
}

const deepestFirst = (one: string, other: string): number => other.split('/').length - one.split('/').length
