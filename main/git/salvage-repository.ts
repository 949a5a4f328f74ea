import { lstat, mkdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { taskRef } from '../core/merge.ts'
import { shownPath } from './byte-path.ts'
import { checkClone } from './check-clone.ts'
import { checkedFetch } from './checked-fetch.ts'
import { cloneSettings } from './clone-settings.ts'
import { findSubmodule, type Gitlink, gitlinksOf } from './clone-submodules.ts'
import { findTips } from './find-tips.ts'
import { type GitOptions, gitOrThrow, gitText, utf8, zeroSeparated } from './git.ts'
import { importCommits } from './import-commits.ts'
import { keepLfsObjects } from './keep-lfs-objects.ts'
import type { CloneSource } from './make-clone.ts'
import { objectStores } from './object-stores.ts'
import { type SavedFiles, saveFiles } from './save-files.ts'
import { makeScratchRepository } from './scratch-repository.ts'

export interface SalvageOptions {
  /** The user's repository that receives the work. */
  readonly source: CloneSource
  readonly workspace: string
  readonly taskId: string
  readonly startCommit: string
  /** Host-only; it exists and is empty. */
  readonly scratch: string
}

export interface Salvaged {
  /** Where the work stands now: in the user's repository, at `refs/tasks/ID` when it is not the start commit. */
  readonly commit: string
  readonly commits: number
  readonly wip: boolean
  readonly notes: readonly string[]
}

/** Salvages one repository, and the submodules in it before it. Throws only when nothing of it could be saved. */
export async function salvageRepository(options: SalvageOptions, signal?: AbortSignal): Promise<Salvaged> {
  const { source, workspace, startCommit, taskId } = options
  const notes: string[] = []
  const receiver = join(options.scratch, 'receiver.git')
  const inReceiver: GitOptions = { cwd: receiver, trust: 'none', env: { GIT_DIR: receiver } }
  const [{ isPartial, sparse }, stores] = await Promise.all([
    cloneSettings(source.path, signal),
    objectStores(source.commonDirectory),
  ])
  const common = {
    objectFormat: source.objectFormat,
    shallow: source.isShallow ? await readFile(join(source.commonDirectory, 'shallow'), 'utf8') : null,
    exclude: await textIfThere(join(source.commonDirectory, 'info', 'exclude')),
    isPartial,
  }
  const proof = join(options.scratch, 'proof.git')
  for (const path of [receiver, proof]) {
    await makeScratchRepository(path, { ...common, stores, refs: { 'refs/heads/start': startCommit } })
  }

  const base = await importHistory(options, { ...common, stores, receiver, notes }, signal)
  const gitlinks = await salvageSubmodules(options, inReceiver, base, notes, signal)
  const saved = await saveWork(
    {
      workspace,
      gitDirectory: receiver,
      scratch: options.scratch,
      base,
      gitlinks,
      sparsePatterns: sparse ? join(source.gitDirectory, 'info', 'sparse-checkout') : null,
    },
    notes,
    signal,
  )
  const wip = saved?.tree ? await commitFiles(saved.tree, base, taskId, inReceiver, signal) : null
  const range = [base, `^${startCommit}`]
  const [commit, count] = await Promise.all([
    publish({ ...options, receiver, proof, start: startCommit, base, wip }, inReceiver, notes, signal),
    gitText(['rev-list', '--count', ...range], inReceiver, signal),
  ])
  if (commit !== startCommit) {
    const lfs = { workspace, commonDirectory: source.commonDirectory, cleaned: saved?.lfs ?? [] }
    notes.push(...(await keepLfsObjects(lfs, signal)))
  }
  return commit === startCommit
    ? { commit, commits: 0, wip: false, notes }
    : { commit, commits: Number(count), wip: commit !== base, notes }
}

/** The commit that the guest's history ends in, now in the receiver; the start commit when there is none to be had. */
async function importHistory(
  { workspace, taskId, startCommit, scratch }: SalvageOptions,
  context: Omit<Parameters<typeof makeScratchRepository>[1], 'refs'> & { receiver: string; notes: string[] },
  signal?: AbortSignal,
): Promise<string> {
  const { receiver, notes, ...repository } = context
  const check = await checkClone(workspace)
  if (check.kind === 'refused') {
    notes.push(`The clone's history was not read: ${check.why}`)
    return startCommit
  }
  const view = join(scratch, 'view.git')
  await makeScratchRepository(view, { ...repository, stores: [...repository.stores, check.objects], refs: {} })
  const { tips, notes: unusual } = await findTips(workspace, taskId)
  const found = await importCommits({ view, receiver, startCommit, tips }, signal)
  notes.push(...unusual, ...found.refused.slice(0, 5))
  if (found.kind === 'nothing') {
    notes.push("No commit of the clone could be read; its files stand on the task's start")
    return startCommit
  }
  if (found.refused.length > 0) notes.push(`The work stands on ${found.tip.from} instead`)
  return found.tip.commit
}

async function salvageSubmodules(
  options: SalvageOptions,
  inReceiver: GitOptions,
  base: string,
  notes: string[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const moved = new Map<string, string>()
  const { source, workspace, taskId, startCommit } = options
  const [atStart, atEnd] = await Promise.all(
    [startCommit, base].map((commit) => gitlinksOf(inReceiver, commit, signal)),
  )
  const kept = new Set(atEnd?.map((link) => link.path))
  for (const [index, link] of (atStart ?? []).entries()) {
    if (!kept.has(link.path) || !(await isOwnFolder(workspace, link))) continue
    const module = await findSubmodule(source, link, signal)
    if (!module) continue // The task had an empty folder there.
    const scratch = join(options.scratch, `submodule-${index}`)
    await mkdir(scratch, { mode: 0o700 })
    const inner = {
      source: module,
      workspace: join(workspace, utf8(link.path)),
      taskId,
      startCommit: link.commit,
      scratch,
    }
    try {
      const salvaged = await salvageRepository(inner, signal)
      notes.push(...salvaged.notes.map((note) => `Submodule ${shownPath(link.path)}: ${note}`))
      if (salvaged.commit === link.commit) continue
      moved.set(link.path, salvaged.commit)
      notes.push(`Submodule ${shownPath(link.path)}: its new commits wait at ${taskRef(taskId)} of that repository`)
    } catch (error) {
      signal?.throwIfAborted()
      notes.push(`Submodule ${shownPath(link.path)} could not be saved: ${reasonOf(error)}`)
    }
  }
  return moved
}

/** Whether the submodule's path leads through real folders only, to one with a repository in it. */
async function isOwnFolder(workspace: string, link: Gitlink): Promise<boolean> {
  const path = join(workspace, utf8(link.path))
  try {
    return (
      (await realpath(path)) === join(await realpath(workspace), utf8(link.path)) && !!(await lstat(join(path, '.git')))
    )
  } catch {
    return false // Gone, or no repository any more.
  }
}

async function saveWork(
  options: Parameters<typeof saveFiles>[0],
  notes: string[],
  signal?: AbortSignal,
): Promise<SavedFiles | null> {
  try {
    const saved = await saveFiles(options, signal)
    notes.push(...saved.notes)
    return saved
  } catch (error) {
    signal?.throwIfAborted()
    notes.push(`Uncommitted files could not be saved: ${reasonOf(error)}`)
    return null
  }
}

async function commitFiles(
  tree: string,
  base: string,
  taskId: string,
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<string | null> {
  if (tree === (await gitText(['rev-parse', `${base}^{tree}`], inReceiver, signal))) return null
  const name = `Claude Task (${taskId})`
  const email = `task-${taskId}@microvm-orchestrator.invalid`
  const env = {
    ...inReceiver.env,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  }
  const input = `WIP: uncommitted work of task ${taskId}\n`
  return await gitText(['commit-tree', tree, '-p', base], { ...inReceiver, env, input }, signal)
}

/** Brings what is best into the user's repository: all of it, else without the `.gitmodules`, else without the uncommitted files. */
async function publish(
  options: SalvageOptions & { receiver: string; proof: string; start: string; base: string; wip: string | null },
  inReceiver: GitOptions,
  notes: string[],
  signal?: AbortSignal,
): Promise<string> {
  const { source, receiver, proof, start, base, wip, taskId } = options
  let problem: string | undefined
  const take = async (commit: string, what: string): Promise<boolean> => {
    const fetched = { from: receiver, commit, ref: taskRef(taskId), commonCommit: start }
    // What came by files was never checked, and git finds some faults only when the objects are in place: not in the user's repository.
    const checked =
      commit === base
        ? undefined
        : await checkedFetch(fetched, { cwd: proof, trust: 'none', env: { GIT_DIR: proof } }, signal)
    const result =
      checked && checked.exitCode !== 0
        ? checked
        : await checkedFetch(fetched, { cwd: source.path, trust: 'user' }, signal)
    if (result.exitCode === 0) return true
    problem = utf8(result.stderr).trim().split('\n')[0] ?? 'git refused them'
    notes.push(`The ${what} were refused: ${problem}`)
    return false
  }
  if (wip !== null) {
    if (await take(wip, 'uncommitted files')) return wip
    const tree = await treeWithModulesOf(base, wip, inReceiver, signal)
    const rest = await commitFiles(tree, base, taskId, inReceiver, signal)
    if (rest !== null && (await take(rest, 'uncommitted files other than .gitmodules'))) return rest
  }
  if (base !== start && (await take(base, 'commits'))) return base
  if (problem === undefined) return start
  throw new Error(problem)
}

/** The tree of a commit with the `.gitmodules` of its base, or none: what git refuses in it would keep all the rest out. */
async function treeWithModulesOf(
  base: string,
  commit: string,
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<string> {
  const entries = async (...args: string[]) =>
    zeroSeparated((await gitOrThrow(['ls-tree', '-z', ...args], inReceiver, signal)).stdout)
  const others = (await entries(commit)).filter((entry) => !entry.endsWith('\t.gitmodules'))
  const input = [...others, ...(await entries(base, '.gitmodules'))].map((entry) => `${entry}\0`).join('')
  return await gitText(['mktree', '-z', '--missing'], { ...inReceiver, input }, signal)
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 300)

async function textIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
