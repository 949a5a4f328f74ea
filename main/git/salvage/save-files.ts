import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type CleanedFile, cleanLfsFiles } from '../import/lfs-clean.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitCalls, gitOrThrow, gitQuickly, gitText } from '../process/git.ts'
import { isInClaudeWorkTree } from '../survey/work-trees.ts'
import { NoteList } from './bounded-notes.ts'
import { changedOnDisk, gitCalls, listBase, outsideSparse, untracked } from './list-work-tree.ts'
import { consider, considerNested, considerStaged, inFolders, newPlan, type PlannedTree } from './plan-files.ts'
import { putEntries, stageFiles } from './stage-files.ts'

export interface SavedFiles {
  /** The tree that holds the base's files as the guest left them; null when it left them all as they are in the base. */
  readonly tree: string | null
  /** The base's files with those in it that git was told not to watch, where such have changed: a tree of its own, since git may refuse the other. */
  readonly unwatched: string | null
  readonly notes: readonly string[]
  /** What could not be saved, one sentence each. */
  readonly unsaved: readonly string[]
  /** New files that were left out because they lie in a work tree of Claude Code's; latin1. */
  readonly others: readonly string[]
  /** Files whose content became a Git LFS pointer, for the user's own LFS store. */
  readonly lfs: readonly CleanedFile[]
}

export interface SaveOptions extends PlannedTree {
  readonly base: string
  /** Commits that submodules' paths shall point to; a path that is not named keeps what the base says. */
  readonly gitlinks: ReadonlyMap<string, string>
  /** Patterns of a sparse checkout: what lies outside them is absent on purpose. */
  readonly sparsePatterns: string | null
  /** Resolves with whether `layKnownIndex` has laid down an index at `indexIn(scratch)`: files that the guest did not touch are not read then. */
  readonly isIndexKnown?: Promise<boolean> | undefined
}

const indexName = 'index'

/** Of the work tree whose files are saved first. */
export const indexIn = (scratch: string): string => join(scratch, indexName)

/**
 * A tree of the files in a guest's work tree, ignored ones left out. git runs with a folder and an index of the host's; there is no
 * filter, hook or setting of the guest's that it could find, and it enters no repository inside. The work tree was surveyed.
 */
export async function saveFiles(options: SaveOptions, signal?: AbortSignal): Promise<SavedFiles> {
  const { workspace, base, hints } = options
  const leftOut = new NoteList()
  const call = gitCalls(options, indexName, workspace)

  const [inBase] = await Promise.all([listBase(call, base, signal), readBase(options, call, signal)])
  const { links } = inBase
  // With its gitlinks out of the index, git has no reason to look into the repositories that lie there.
  await updateIndex(['--force-remove'], [...links.keys()], call, signal)
  const isApart = inFolders([...links.keys(), ...options.apart])

  const [changed, others, absent] = await Promise.all([
    changedOnDisk(call, signal),
    options.complete ? untracked(call, options.apart, leftOut, signal) : [],
    outsideSparse(options.sparsePatterns, call, signal),
  ])
  const plan = newPlan(hints, absent, leftOut)
  for (const path of new Set(changed)) if (!isApart(path)) await consider(workspace, path, plan)
  const ofHelpers = others.filter(isInClaudeWorkTree)
  for (const path of others) {
    if (isInClaudeWorkTree(path) || isApart(path.replace(/\/$/, ''))) continue
    if (!path.endsWith('/')) await consider(workspace, path, plan)
    else await considerNested(options, path.slice(0, -1), plan, signal)
  }
  await considerStaged(options, inBase.paths, new Set(others), isApart, plan)

  const { cleaned, plain, notes: lfsNotes } = await cleanLfsFiles(workspace, plan.add, call, signal)
  // Removed by name alone: git would look, and refuse a path that has come to lie behind a link.
  await updateIndex(['--force-remove'], plan.remove, call, signal)
  const unreadable = [...(await stageFiles(workspace, plain, ['--add', '--remove', '--replace'], call, signal))]
  const entries = [
    ...cleaned.map(({ mode, blob, path }) => `${mode} ${blob}\t${path}\0`),
    ...[...links].map(([path, commit]) => `160000 ${options.gitlinks.get(path) ?? commit}\t${path}\0`),
  ]
  await putEntries(entries, call, signal)
  const isAsBase = entries.length + plan.add.length + plan.remove.length === 0
  const tree = isAsBase ? null : await gitText(['write-tree'], call(), signal)
  let unwatched: string | null = null
  if (plan.unwatched.length > 0) {
    await gitOrThrow(['read-tree', base], call(), signal)
    unreadable.push(...(await stageFiles(workspace, plan.unwatched, ['--add', '--replace'], call, signal)))
    unwatched = await gitText(['write-tree'], call(), signal)
  }
  for (const path of unreadable) plan.leftOut.add(`${shownPath(path)} was left out: it cannot be read`)
  return {
    tree,
    unwatched,
    notes: [...plan.notes.all((count) => `${count} more repositories inside`), ...lfsNotes],
    unsaved: plan.leftOut.all((count) => `${count} more files were left out`),
    others: ofHelpers,
    lfs: cleaned,
  }
}

/** Makes the index that of the base, with what is known of its files. */
async function readBase(
  { base, scratch, isIndexKnown }: SaveOptions,
  call: GitCalls,
  signal?: AbortSignal,
): Promise<void> {
  // Told to leave the work tree out of it, git keeps of the entries those that are the base's.
  if ((await isIndexKnown) && (await gitQuickly(['read-tree', '-i', '-m', base], call(), signal)).exitCode === 0) return
  await rm(indexIn(scratch), { force: true })
  await gitOrThrow(['read-tree', base], call(), signal)
}

async function updateIndex(
  options: readonly string[],
  paths: readonly string[],
  call: GitCalls,
  signal?: AbortSignal,
): Promise<void> {
  if (paths.length === 0) return
  const input = paths.map((path) => `${path}\0`).join('')
  await gitOrThrow(['update-index', '-z', ...options, '--stdin'], call(input), signal)
}
