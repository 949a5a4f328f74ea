import { chmod, lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { bytePath, shownPath } from './byte-path.ts'
import { kindOf } from './check-clone.ts'
import { type GitCalls, git, gitOrThrow, gitText, zeroSeparated } from './git.ts'
import { type CleanedFile, cleanLfsFiles } from './lfs-clean.ts'
import { sizeLimits } from './oversized-objects.ts'
import { surveyFiles } from './survey-files.ts'

export interface SavedFiles {
  /** The tree that holds the base's files as the guest left them; null when it left them all as they are in the base. */
  readonly tree: string | null
  readonly notes: readonly string[]
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
}

const mostNotes = 20

/**
 * A tree of the files in a guest's work tree, ignored ones left out. git runs with a folder and an index of the host's; there is no
 * filter, hook or setting of the guest's that it could find, and it enters no repository inside.
 */
export async function saveFiles(options: SaveOptions, signal?: AbortSignal): Promise<SavedFiles> {
  const { workspace, base } = options
  const survey = await surveyFiles(workspace, signal)
  const notes = [...survey.notes]
  const call = gitCalls(options, 'index', workspace)

  await gitOrThrow(['read-tree', base], call(), signal)
  const links = await dropGitlinks(call, signal)
  const inLink = (path: string) => [...links.keys()].some((link) => path === link || path.startsWith(`${link}/`))

  const [changed, others, absent] = await Promise.all([
    changedOnDisk(call, signal),
    survey.complete ? untracked(call, signal) : [],
    outsideSparse(options, call, signal),
  ])
  const plan = newPlan()
  for (const path of new Set(changed)) if (!inLink(path)) await consider(workspace, path, plan, absent)
  for (const path of others) {
    if (inLink(path.replace(/\/$/, ''))) continue
    if (!path.endsWith('/')) await consider(workspace, path, plan, absent)
    else await considerNested(options, path.slice(0, -1), plan, signal)
  }

  const { cleaned, plain, notes: lfsNotes } = await cleanLfsFiles(workspace, plan.add, call, signal)
  // Removed by name alone: git would look, and refuse a path that has come to lie behind a link.
  await updateIndex(['--force-remove'], plan.remove, call, signal)
  await updateIndex(['--add', '--remove', '--replace'], plain, call, signal)
  const entries = [
    ...cleaned.map(({ mode, blob, path }) => `${mode} ${blob}\t${path}\0`),
    ...[...links].map(([path, commit]) => `160000 ${options.gitlinks.get(path) ?? commit}\t${path}\0`),
  ]
  if (entries.length > 0)
    await gitOrThrow(['update-index', '-z', '--replace', '--index-info'], call(entries.join('')), signal)
  const isAsBase = entries.length + plan.add.length + plan.remove.length === 0
  const tree = isAsBase ? null : await gitText(['write-tree'], call(), signal)
  if (plan.notes.length > mostNotes) notes.push(`${plan.notes.length - mostNotes} more files were left out`)
  return { tree, notes: [...notes, ...plan.notes.slice(0, mostNotes), ...lfsNotes], lfs: cleaned }
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

/** With its gitlinks out of the index, git has no reason to look into the repositories that lie there. */
async function dropGitlinks(call: GitCalls, signal?: AbortSignal): Promise<Map<string, string>> {
  const staged = await gitOrThrow(['ls-files', '-z', '--stage'], call(), signal)
  const links = new Map<string, string>()
  for (const entry of zeroSeparated(staged.stdout)) {
    if (!entry.startsWith('160000 ')) continue
    links.set(entry.slice(entry.indexOf('\t') + 1), entry.split(' ')[1] ?? '')
  }
  await updateIndex(['--force-remove'], [...links.keys()], call, signal)
  return links
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

async function untracked(call: GitCalls, signal?: AbortSignal): Promise<string[]> {
  return zeroSeparated((await gitOrThrow(['ls-files', '-z', '--others', '--exclude-standard'], call(), signal)).stdout)
}

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
  readonly notes: string[]
  /** Whether a folder, by its path, is a link or reached through one; the work tree's top is not. */
  readonly behindLink: Map<string, boolean>
  total: number
}

const newPlan = (): Plan => ({ add: [], remove: [], notes: [], behindLink: new Map([['', false]]), total: 0 })

async function isBehindLink(workspace: string, path: string, plan: Plan): Promise<boolean> {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  const known = plan.behindLink.get(parent)
  if (known !== undefined) return known
  const behind =
    (await isBehindLink(workspace, parent, plan)) || (await kindOf(bytePath(workspace, parent))) === 'other'
  plan.behindLink.set(parent, behind)
  return behind
}

async function consider(workspace: string, path: string, plan: Plan, absent: ReadonlySet<string>): Promise<void> {
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
    if (code !== 'ENOENT' && code !== 'ENOTDIR') plan.notes.push(`${shownPath(path)} was left out: ${code}`)
    else if (!absent.has(path)) plan.remove.push(path)
    return
  }
  // A folder where a file was: the file is gone, and what is in the folder comes by its own paths.
  if (found.isDirectory()) plan.remove.push(path)
  else if (isReserved(path)) plan.notes.push(`${shownPath(path)} was left out: some systems take it for .git`)
  else if (found.isSymbolicLink()) plan.add.push(path)
  else if (Number(found.size) > sizeLimits.file) plan.notes.push(`${shownPath(path)} was left out: larger than 2 GiB`)
  else if (plan.total + Number(found.size) > sizeLimits.total)
    plan.notes.push(`${shownPath(path)} was left out: more than 16 GiB in all`)
  else {
    plan.total += Number(found.size)
    if ((Number(found.mode) & 0o400) === 0 && !(await makeReadable(full))) {
      plan.notes.push(`${shownPath(path)} was left out: it cannot be read`)
    } else plan.add.push(path)
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
    plan.notes.push(`${shownPath(folder)} was left out: a repository of its own whose name is no UTF-8`)
    return
  }
  const root = join(options.workspace, name)
  plan.notes.push(`${shownPath(folder)} is a repository of its own; its files were saved without its history`)
  const call = gitCalls(options, 'index-nested', root)
  await gitOrThrow(['read-tree', '--empty'], call(), signal)
  for (const path of await untracked(call, signal)) {
    if (path.endsWith('/')) await considerNested(options, `${folder}/${path.slice(0, -1)}`, plan, signal)
    else await consider(options.workspace, `${folder}/${path}`, plan, new Set())
  }
}

/** Whether a part of the path is `.git` to Windows or macOS; git refuses such names, and with them everything else. */
function isReserved(path: string): boolean {
  const text = Buffer.from(path, 'latin1').toString('utf8')
  return text.split(/[/\\]/).some((part) => {
    const plain = part
      .normalize('NFC')
      .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu, '')
      .replace(/[. ]+$/, '')
      .toLowerCase()
    return plain === '.git' || plain === 'git~1' || /^\.git[. ]*:/.test(plain)
  })
}
