import { chmod, lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { sizeLimits } from '../import/oversized-objects.ts'
import { bytePath, isTextPath, shownPath } from '../process/byte-path.ts'
import { gitOrThrow, utf8 } from '../process/git.ts'
import { kindOf } from '../survey/check-clone.ts'
import type { IndexHints } from '../survey/read-index.ts'
import { reservedIn } from '../survey/reserved-names.ts'
import { NoteList } from './bounded-notes.ts'
import { gitCalls, type HostIndex, untracked } from './list-work-tree.ts'

export interface PlannedTree extends HostIndex {
  readonly workspace: string
  /** What the work tree's own index says; undefined when it has none that can be read. */
  readonly hints: IndexHints | undefined
  /** Folders that belong to something else: other work trees, a `.git` folder that was moved. */
  readonly apart: readonly string[]
  /** False when only files that the base has are to be looked at. */
  readonly complete: boolean
}

/** What becomes of each path of a work tree that was looked at. */
export interface Plan {
  readonly add: string[]
  readonly remove: string[]
  /** Files that may have changed, but that git was told not to watch: they are no part of what merges. */
  readonly unwatched: string[]
  readonly notes: NoteList
  /** What is in the clone alone. */
  readonly leftOut: NoteList
  /** Whether a folder, by its path, is a link or reached through one; the work tree's top is not. */
  readonly behindLink: Map<string, boolean>
  readonly hints: IndexHints | undefined
  readonly outsideSparse: ReadonlySet<string>
  total: number
}

export const newPlan = (
  hints: IndexHints | undefined,
  outsideSparse: ReadonlySet<string>,
  leftOut: NoteList,
): Plan => ({
  add: [],
  remove: [],
  unwatched: [],
  notes: new NoteList(),
  leftOut,
  behindLink: new Map([['', false]]),
  hints,
  outsideSparse,
  total: 0,
})

/** Whether the absence of a path says nothing, since git itself keeps it absent or does not look. */
function mayBeAbsent(path: string, { hints, outsideSparse }: Plan): boolean {
  if (outsideSparse.has(path)) return true
  if (!hints) return false
  return (
    hints.isDoubtful ||
    hints.skipped.has(path) ||
    hints.assumed.has(path) ||
    hints.unmerged.has(path) ||
    hints.skippedFolders.some((folder) => path.startsWith(folder))
  )
}

/** What the guest had staged that its ignore patterns name: such a file is tracked, but for our index it is not. */
export async function considerStaged(
  { workspace, hints, complete }: PlannedTree,
  inBase: ReadonlySet<string>,
  seen: ReadonlySet<string>,
  isApart: (path: string) => boolean,
  plan: Plan,
): Promise<void> {
  if (!hints || !complete) return
  for (const path of hints.paths) {
    if (inBase.has(path) || seen.has(path) || isApart(path) || !isPlainPath(path)) continue
    if ((await kindOf(bytePath(workspace, path))) === 'file' && !(await isBehindLink(workspace, path, plan)))
      await consider(workspace, path, plan)
  }
}

/** The guest's index may name anything. */
const isPlainPath = (path: string) =>
  path.split('/').every((part) => !['', '.', '..'].includes(part)) && !path.includes('\\')

async function isBehindLink(workspace: string, path: string, plan: Plan): Promise<boolean> {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  const known = plan.behindLink.get(parent)
  if (known !== undefined) return known
  const behind =
    (await isBehindLink(workspace, parent, plan)) || (await kindOf(bytePath(workspace, parent))) === 'other'
  plan.behindLink.set(parent, behind)
  return behind
}

/** Finds out what becomes of one path; the work tree was surveyed, and nothing runs that could change it. */
export async function consider(workspace: string, path: string, plan: Plan): Promise<void> {
  const full = bytePath(workspace, path)
  if (await isBehindLink(workspace, path, plan)) {
    // The guest put a link where a folder was: the file is gone, whatever lies behind the link.
    plan.remove.push(path)
    return
  }
  let found: Awaited<ReturnType<typeof lstat>>
  try {
    found = await lstat(full)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') plan.leftOut.add(`${shownPath(path)} was left out: ${code}`)
    else if (!mayBeAbsent(path, plan)) plan.remove.push(path)
    return
  }
  const isUnwatched = plan.hints?.skipped.has(path) || plan.hints?.assumed.has(path)
  const into = isUnwatched ? plan.unwatched : plan.add
  const reserved = reservedIn(path)
  // A folder where a file was: the file is gone, and what is in the folder comes by its own paths.
  if (found.isDirectory()) plan.remove.push(path)
  else if (reserved !== undefined)
    plan.leftOut.add(`${shownPath(path)} was left out: some systems take it for ${reserved}`)
  else if (found.isSymbolicLink()) into.push(path)
  else if (Number(found.size) > sizeLimits.file) plan.leftOut.add(`${shownPath(path)} was left out: larger than 2 GiB`)
  else if (plan.total + Number(found.size) > sizeLimits.total)
    plan.leftOut.add(`${shownPath(path)} was left out: more than 16 GiB in all`)
  else {
    plan.total += Number(found.size)
    if ((Number(found.mode) & 0o400) === 0 && !(await makeReadable(full))) {
      plan.leftOut.add(`${shownPath(path)} was left out: it cannot be read`)
    } else into.push(path)
  }
}

async function makeReadable(path: Buffer): Promise<boolean> {
  try {
    // A regular file, as seen above, with nothing running that could swap it.
    await chmod(path, 0o600)
    return true
  } catch {
    return false // Another owner's; the caller says that it was left out.
  }
}

/** A repository inside that is no submodule: its files are saved, its history cannot be. */
export async function considerNested(
  options: PlannedTree,
  folder: string,
  plan: Plan,
  signal?: AbortSignal,
): Promise<void> {
  if (!isTextPath(folder)) {
    plan.leftOut.add(`${shownPath(folder)} was left out: a repository of its own whose name is no UTF-8`)
    return
  }
  const root = join(options.workspace, utf8(folder))
  plan.notes.add(`${shownPath(folder)} is a repository of its own; its files were saved without its history`)
  const call = gitCalls(options, 'index-nested', root)
  await gitOrThrow(['read-tree', '--empty'], call(), signal)
  const isApart = inFolders(options.apart)
  for (const path of await untracked(call, [], plan.leftOut, signal)) {
    const full = `${folder}/${path.replace(/\/$/, '')}`
    if (isApart(full)) continue
    if (path.endsWith('/')) await considerNested(options, full, plan, signal)
    else await consider(options.workspace, full, plan)
  }
}

/** Whether a path is one of the folders or lies below it. */
export function inFolders(folders: readonly string[]): (path: string) => boolean {
  if (folders.length === 0) return () => false
  const known = new Set(folders)
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
      if (known.has(path.slice(0, end))) return true
    return false
  }
}
