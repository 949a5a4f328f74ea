import { chmod, lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type CleanedFile, cleanLfsFiles } from '../import/lfs-clean.ts'
import { sizeLimits } from '../import/oversized-objects.ts'
import { bytePath, shownPath } from '../process/byte-path.ts'
import { type GitCalls, git, gitOrThrow, gitText, zeroSeparated } from '../process/git.ts'
import { OutputLimitError, recordsOf, streamGit } from '../process/stream-git.ts'
import { kindOf } from '../survey/check-clone.ts'
import type { IndexHints } from '../survey/read-index.ts'
import { reservedIn } from '../survey/reserved-names.ts'
import { isInClaudeWorkTree } from '../survey/work-trees.ts'
import { NoteList } from './bounded-notes.ts'
import { stageFiles } from './stage-files.ts'

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

export interface SaveOptions {
  readonly workspace: string
  /** Host-owned; receives blobs and trees. */
  readonly gitDirectory: string
  /** Host-only folder for index files. */
  readonly scratch: string
  readonly base: string
  /** Commits that submodules' paths shall point to; a path that is not named keeps what the base says. */
  readonly gitlinks: ReadonlyMap<string, string>
  /** Patterns of a sparse checkout: what lies outside them is absent on purpose. */
  readonly sparsePatterns: string | null
  /** What the work tree's own index says; undefined when it has none that can be read. */
  readonly hints: IndexHints | undefined
  /** Folders that belong to something else: other work trees, a `.git` folder that was moved. */
  readonly apart: readonly string[]
  /** False when only files that the base has are to be looked at. */
  readonly complete: boolean
}

/** Bytes of all paths together that are looked at; a guest chooses how long and how many they are. */
const mostPathBytes = 256 * 1024 ** 2

/**
 * A tree of the files in a guest's work tree, ignored ones left out. git runs with a folder and an index of the host's; there is no
 * filter, hook or setting of the guest's that it could find, and it enters no repository inside. The work tree was surveyed.
 */
export async function saveFiles(options: SaveOptions, signal?: AbortSignal): Promise<SavedFiles> {
  const { workspace, base, hints } = options
  const leftOut = new NoteList()
  const call = gitCalls(options, 'index', workspace)

  const inBase = await listBase(call, base, signal)
  await gitOrThrow(['read-tree', base], call(), signal)
  const { links } = inBase
  // With its gitlinks out of the index, git has no reason to look into the repositories that lie there.
  await updateIndex(['--force-remove'], [...links.keys()], call, signal)
  const isApart = inFolders([...links.keys(), ...options.apart])

  const [changed, others, absent] = await Promise.all([
    changedOnDisk(call, signal),
    options.complete ? untracked(call, options.apart, leftOut, signal) : [],
    outsideSparse(options, call, signal),
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
  if (entries.length > 0)
    await gitOrThrow(['update-index', '-z', '--replace', '--index-info'], call(entries.join('')), signal)
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

/** Whether a path is one of the folders or lies below it. */
function inFolders(folders: readonly string[]): (path: string) => boolean {
  if (folders.length === 0) return () => false
  const known = new Set(folders)
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
      if (known.has(path.slice(0, end))) return true
    return false
  }
}

/** The paths of a commit, its gitlinks apart. @throws when they are more than can be looked at. */
async function listBase(
  call: GitCalls,
  base: string,
  signal?: AbortSignal,
): Promise<{ paths: ReadonlySet<string>; links: ReadonlyMap<string, string> }> {
  const paths = new Set<string>()
  const links = new Map<string, string>()
  await using listing = streamGit(['ls-tree', '-r', '-z', '--full-tree', base], call(), signal)
  for await (const entry of recordsOf(listing.stdout, '\0', { bytes: mostPathBytes })) {
    const path = entry.slice(entry.indexOf('\t') + 1)
    if (entry.startsWith('160000 ')) links.set(path, entry.split(/[ \t]/)[2] ?? '')
    else paths.add(path)
  }
  await listing.succeeded()
  return { paths, links }
}

function gitCalls({ gitDirectory, scratch }: SaveOptions, index: string, workTree: string): GitCalls {
  const env = { GIT_DIR: gitDirectory, GIT_WORK_TREE: workTree, GIT_INDEX_FILE: join(scratch, index) }
  return (input = '') => ({
    cwd: workTree,
    trust: 'none',
    env,
    input,
    config: ['core.bare=false', 'core.symlinks=true'],
  })
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

async function changedOnDisk(call: GitCalls, signal?: AbortSignal): Promise<string[]> {
  await git(['update-index', '-q', '--refresh'], call(''), signal)
  const args = ['diff-files', '-z', '--name-only', '--ignore-submodules=all']
  return zeroSeparated((await gitOrThrow(args, call(), signal)).stdout)
}

/** What is neither in the index nor ignored; a repository inside ends with a slash. */
async function untracked(
  call: GitCalls,
  apart: readonly string[],
  leftOut: NoteList,
  signal?: AbortSignal,
): Promise<string[]> {
  const found: string[] = []
  const outside = apart
    .filter(isText)
    .slice(0, 100)
    .map((folder) => `--exclude=/${escaped(folder)}/`)
  await using listing = streamGit(['ls-files', '-z', '--others', ...outside, '--exclude-standard'], call(''), signal)
  try {
    for await (const path of recordsOf(listing.stdout, '\0', { bytes: mostPathBytes })) found.push(path)
  } catch (error) {
    if (!(error instanceof OutputLimitError)) throw error
    leftOut.add(`Only the first ${found.length} new files were saved: the paths of all are too long`)
    return found
  }
  await listing.succeeded()
  return found
}

/** Whether a path can be an argument: others are left out of what git answers instead. */
const isText = (path: string) =>
  Buffer.from(Buffer.from(path, 'latin1').toString('utf8')).equals(Buffer.from(path, 'latin1'))
const escaped = (path: string) =>
  Buffer.from(path, 'latin1')
    .toString('utf8')
    .replace(/[\\*?[\]!# ]/g, '\\$&')

/** Paths of the index that the sparse patterns do not name; git answers with those that they do. */
async function outsideSparse(options: SaveOptions, call: GitCalls, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  if (options.sparsePatterns === null) return new Set()
  const all = await gitOrThrow(['ls-files', '-z'], call(), signal)
  const inside = await gitOrThrow(
    ['ls-files', '-z', '--cached', '--ignored', `--exclude-from=${options.sparsePatterns}`],
    call(),
    signal,
  )
  const named = new Set(zeroSeparated(inside.stdout))
  return new Set(zeroSeparated(all.stdout).filter((path) => !named.has(path)))
}

interface Plan {
  readonly add: string[]
  readonly remove: string[]
  /** Present and perhaps changed, but git was told not to watch them: no part of what merges. */
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

const newPlan = (hints: IndexHints | undefined, outsideSparse: ReadonlySet<string>, leftOut: NoteList): Plan => ({
  ...{
    add: [],
    remove: [],
    unwatched: [],
    notes: new NoteList(),
    leftOut,
    behindLink: new Map([['', false]]),
    hints,
    outsideSparse,
  },
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
async function considerStaged(
  { workspace, hints, complete }: SaveOptions,
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

async function consider(workspace: string, path: string, plan: Plan): Promise<void> {
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
async function considerNested(options: SaveOptions, folder: string, plan: Plan, signal?: AbortSignal): Promise<void> {
  const name = Buffer.from(folder, 'latin1').toString('utf8')
  if (!Buffer.from(name).equals(Buffer.from(folder, 'latin1'))) {
    plan.leftOut.add(`${shownPath(folder)} was left out: a repository of its own whose name is no UTF-8`)
    return
  }
  const root = join(options.workspace, name)
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
