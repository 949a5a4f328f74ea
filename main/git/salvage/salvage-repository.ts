import { lstat, mkdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type AlsoKept, alsoPrefix, type LeftUnderWay, taskRef } from '../../core/merge/merge.ts'
import { isShortage } from '../../lib/shortage.ts'
import { findSubmodule, type Gitlink, gitlinksOf } from '../clone/clone-submodules.ts'
import type { CloneSource } from '../clone/make-clone.ts'
import { checkObjects } from '../import/check-objects.ts'
import { type Imported, importTips } from '../import/import-tips.ts'
import { keepLfsObjects } from '../import/keep-lfs-objects.ts'
import type { CleanedFile } from '../import/lfs-clean.ts'
import { newCommits } from '../import/new-commits.ts'
import { makeScratchRepository } from '../import/scratch-repository.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitOptions, utf8 } from '../process/git.ts'
import { cloneSettings } from '../repository/clone-settings.ts'
import { objectStores } from '../repository/object-stores.ts'
import { userExcludes } from '../repository/user-excludes.ts'
import { earlierRefs, earlierWork } from '../survey/earlier-refs.ts'
import { findMarkers } from '../survey/find-markers.ts'
import { allTips, findGitFolders, type GitFolders } from '../survey/git-folders.ts'
import type { Head, Tip } from '../survey/read-tips.ts'
import { surveyFiles } from '../survey/survey-files.ts'
import { findInnerWorkTrees, restoreGitFiles } from '../survey/work-trees.ts'
import type { Told } from './bounded-notes.ts'
import { chooseLine, type KnownCommits, type Line } from './choose-line.ts'
import { type Beside, besideLine, partsOf } from './gather-also.ts'
import { OwnCommit } from './own-commit.ts'
import { publishWork } from './publish-work.ts'
import { type SavedWork, saveWorkTrees } from './save-work-trees.ts'

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
  /** Where the line stands now: in the user's repository, at `refs/tasks/ID` when it is not the start commit. */
  readonly commit: string
  readonly commits: number
  readonly wip: boolean
  readonly notes: readonly string[]
  readonly also: readonly AlsoKept[]
  readonly left: LeftUnderWay | null
  readonly unsaved: boolean
}

/** Salvages one repository, and the submodules in it before it. Throws only when nothing of it could be saved. */
export async function salvageRepository(options: SalvageOptions, signal?: AbortSignal): Promise<Salvaged> {
  const { source, workspace, startCommit, taskId } = options
  const notes: string[] = []
  const unsaved: string[] = []
  const receiver = join(options.scratch, 'receiver.git')
  const proof = join(options.scratch, 'proof.git')
  const inReceiver: GitOptions = { cwd: receiver, trust: 'none', env: { GIT_DIR: receiver } }
  const [settings, stores, survey, earlier] = await Promise.all([
    cloneSettings(source.path, signal),
    objectStores(source.commonDirectory),
    surveyFiles(workspace, signal),
    earlierRefs(source.path, taskId, signal),
  ])
  const { isPartial, sparse, excludesFile } = settings
  const common = {
    objectFormat: source.objectFormat,
    shallow: source.isShallow ? await readFile(join(source.commonDirectory, 'shallow'), 'utf8') : null,
    exclude: await userExcludes(source, excludesFile),
    isPartial,
  }
  for (const path of [receiver, proof]) {
    await makeScratchRepository(path, { ...common, stores, refs: { 'refs/heads/start': startCommit } })
  }
  notes.push(...survey.notes)
  if (!survey.complete) unsaved.push('Files that git did not know yet were not looked at')
  const folders = await findGitFolders(workspace, taskId, survey.gitFolders)
  notes.push(...folders.notes)
  const inner = await findInnerWorkTrees(workspace, folders.main, survey.gitFiles, source.objectFormat)
  notes.push(...inner.notes)
  try {
    const view = join(options.scratch, 'view.git')
    const objects = [folders.main, ...folders.others].flatMap((folder) => (folder ? [folder.objects] : []))
    await makeScratchRepository(view, { ...common, stores: [...stores, ...objects], refs: {} })
    const tips = await tipsOf(folders, view, inReceiver, signal)
    const imported = await importTips({ view, receiver, startCommit, tips }, signal)
    notes.push(...imported.notes)
    unsaved.push(...imported.refused)
    const known = knownCommits(imported)
    const head: Head = folders.main?.tips.head ?? nowhere
    const taskBranch = folders.main?.tips.taskBranch
    const operation = folders.main?.tips.operation ?? null
    const line = chooseLine({ head, taskBranch }, known, startCommit)
    notes.push(...line.notes, ...aboutHead(folders, taskId, line, known))

    const gitlinks = await salvageSubmodules(options, inReceiver, line.commit, { notes, unsaved }, signal)
    const saved = await saveWorkTrees(
      {
        ...{ workspace, gitlinks, head, operation, line, known },
        gitDirectory: receiver,
        scratch: options.scratch,
        inner: inner.trees,
        objectFormat: source.objectFormat,
        gitFolder: folders.main?.path,
        apart: folders.apart,
        complete: survey.complete,
        sparsePatterns: sparse ? join(source.gitDirectory, 'info', 'sparse-checkout') : null,
      },
      { notes, unsaved },
      signal,
    )
    const kept = await publish(
      { ...options, receiver, proof, line, imported, earlier, saved },
      inReceiver,
      { notes, unsaved },
      signal,
    )
    const { commit, also } = kept
    if (commit !== startCommit || also.length > 0) {
      const cleaned = saved.flatMap(({ lfs }) => lfs)
      notes.push(...(await keepLfs(options, [commit, ...also.map((one) => one.commit)], cleaned, inReceiver, signal)))
    }
    const files = await findMarkers({ startCommit, commit: kept.files ?? commit }, inReceiver, signal)
    return {
      commit,
      commits: commit === startCommit ? 0 : imported.graph.reach([line.commit]).size,
      wip: kept.wip,
      // What is nowhere else comes first: the rest may be cut.
      notes: [...unsaved, ...notes],
      unsaved: unsaved.length > 0,
      also,
      left: operation !== null || files.length > 0 ? { operation, files } : null,
    }
  } finally {
    await restoreGitFiles(workspace, inner.trees)
  }
}

/** What the folders' own files name; where those cannot be read, every commit of the clone that the user's repository lacks. */
async function tipsOf(
  folders: GitFolders,
  view: string,
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<readonly Tip[]> {
  const tips = allTips(folders)
  if (!folders.main || (tips.length > 0 && !folders.main.tips.isReftable)) return tips
  const inView: GitOptions = { cwd: view, trust: 'none', env: { GIT_DIR: view } }
  return [...tips, ...(await newCommits(inView, inReceiver, signal))]
}

const nowhere: Head = { commit: undefined, ref: undefined, kind: 'unreadable', earlier: [] }

const knownCommits = ({ graph, old }: Imported): KnownCommits => ({
  has: (id) => graph.has(id) || old.has(id),
  isBeyond: (id) => graph.has(id),
  isRelated: (id) => old.has(id) || graph.isRelated(id),
  // Of two commits from before the start neither brings anything that the other lacks.
  contains: (id, other) => id === other || !graph.has(other) || graph.reach([id]).has(other),
})

/** What a person should know of where the agent ended. */
function aboutHead({ main }: GitFolders, taskId: string, line: Line, known: KnownCommits): string[] {
  if (!main) return []
  const { head, isBisecting, isReftable, workTrees, notes } = main.tips
  const own = `refs/heads/task-${taskId}`
  const said = [...notes]
  if (isReftable) said.push("The clone's refs are in the format reftable, which is not read")
  if (head.kind === 'unreadable') said.push('HEAD was missing or unreadable')
  else if (head.kind === 'detached')
    said.push(isBisecting ? 'HEAD was detached: a bisection was under way' : 'HEAD was detached')
  else if (head.ref !== own) said.push(`HEAD was on ${shownPath(head.ref ?? '')}, not on the task's branch`)
  if (head.commit !== undefined && !known.has(head.commit)) said.push(`The work stands on ${line.from} instead`)
  if (workTrees.length > 20) said.push(`The clone has ${workTrees.length} linked work trees`)
  return said
}

async function publish(
  options: SalvageOptions & {
    readonly receiver: string
    readonly proof: string
    readonly line: Line
    readonly imported: Imported
    readonly earlier: Awaited<ReturnType<typeof earlierRefs>>
    readonly saved: readonly SavedWork[]
  },
  inReceiver: GitOptions,
  { notes, unsaved }: Told,
  signal?: AbortSignal,
): Promise<{ commit: string; wip: boolean; files: string | undefined; also: readonly AlsoKept[] }> {
  const { source, taskId, startCommit, line, imported, saved, receiver } = options
  const besides: Beside[] = []
  const made: OwnCommit[] = []
  let ofLine: OwnCommit | undefined
  for (const work of saved) {
    const ours = await OwnCommit.of(work, { taskId, receiver: inReceiver, signal })
    if (ours === null) continue
    made.push(ours)
    if (work.onLine) ofLine = ours
    else besides.push({ id: ours.id, commit: ours.id, from: work.from, ours })
  }
  /** The commit that holds the files of the clone's own work tree, where they differ from their base. */
  const files = made.find(({ work }) => work.of === null && work.isWatched)?.id
  const tips = options.imported.from
  besides.push(
    ...(await besideLine({ imported, tips, line: line.commit, taskId, repository: source.path }, signal)),
    ...(await earlierWork(options.earlier, { imported, startCommit, repository: source.path }, signal)),
  )
  const parts = await partsOf(besides, { taskId, startCommit, receiver: inReceiver }, signal)
  const own = {
    ref: taskRef(taskId),
    variants: [
      ...(ofLine?.variants('uncommitted files', 'uncommitted files that git had not refused') ?? []),
      ...(line.commit === startCommit ? [] : [{ what: 'commits', isOurs: false, make: async () => line.commit }]),
    ],
  }
  const all = [...(own.variants.length > 0 ? [own] : []), ...parts.map(({ part }) => part)]
  if (all.length === 0) return { commit: startCommit, wip: false, files, also: options.earlier.also }
  const { at, problem } = await publishWork(
    { source: source.path, receiver, proof: options.proof, startCommit },
    all,
    notes,
    signal,
  )
  const commit = at.get(own.ref) ?? startCommit
  if (ofLine && (commit === startCommit || commit === line.commit)) ofLine.placed = null
  for (const { part, of, kept } of parts) {
    if (at.has(part.ref)) continue
    for (const ours of of) ours.placed = null
    if (of.length === 0) unsaved.push(`The commits of ${kept.from} are only in the clone`)
  }
  for (const ours of made) {
    const said = await ours.unsaved()
    if (said !== null) unsaved.push(said)
  }
  if (own.variants.length > 0 && commit === startCommit && line.commit !== startCommit) throw new Error(problem)
  const also = parts
    .filter(({ part }) => at.has(part.ref))
    .map(({ part, kept }) => ({
      ...kept,
      commit: at.get(part.ref) === part.ref.split('/').at(-1) ? kept.commit : (at.get(part.ref) ?? kept.commit),
    }))
  notes.push(...aboutAlso(taskId, also, commit === startCommit))
  const listed = new Set(also.map(({ ref }) => ref))
  return {
    commit,
    wip: commit !== line.commit && commit !== startCommit,
    files,
    also: [...also, ...options.earlier.also.filter(({ ref }) => !listed.has(ref))],
  }
}

/** What only a reflog remembers the agent took back itself: it is listed, and not announced as work. */
function aboutAlso(taskId: string, also: readonly AlsoKept[], isAll: boolean): string[] {
  const announced = also.filter(({ from }) => !from.startsWith('the reflog of '))
  const [first] = announced
  if (!first) return []
  const where = announced.length === 1 ? first.ref : `${announced.length} refs below ${alsoPrefix(taskId)}`
  const names = announced.slice(0, 3).map(({ from }) => from)
  const what = isAll
    ? "Nothing is on the task's branch; work waits"
    : 'More work, which does not merge by itself, waits'
  return [`${what} at ${where}: ${names.join(', ')}${announced.length > 3 ? ' …' : ''}`]
}

/** Only what a commit that was imported points to belongs into the user's store. */
function keepLfs(
  { workspace, source, startCommit }: SalvageOptions,
  ids: readonly string[],
  cleaned: readonly CleanedFile[],
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const referenced = async () =>
    (await checkObjects({ ids, startCommit }, inReceiver, { wantsPointers: true }, signal)).lfsIds
  return keepLfsObjects({ workspace, commonDirectory: source.commonDirectory, cleaned, referenced }, signal)
}

async function salvageSubmodules(
  options: SalvageOptions,
  inReceiver: GitOptions,
  base: string,
  { notes, unsaved }: Told,
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
    const named = `Submodule ${shownPath(link.path)}`
    try {
      const salvaged = await salvageRepository(inner, signal)
      if (salvaged.unsaved) unsaved.push(`${named}: some of its work is only in the clone`)
      notes.push(...salvaged.notes.map((note) => `${named}: ${note}`))
      if (salvaged.left) notes.push(`${named}: a ${salvaged.left.operation ?? 'conflict'} was left under way there`)
      if (salvaged.commit === link.commit) continue
      moved.set(link.path, salvaged.commit)
      notes.push(`${named}: its new commits wait at ${taskRef(taskId)} of that repository`)
    } catch (error) {
      signal?.throwIfAborted()
      if (isShortage(error)) throw error
      unsaved.push(`${named} could not be saved: ${reasonOf(error)}`)
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

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 300)
