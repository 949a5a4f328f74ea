import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AlsoKept, type LeftUnderWay, leftUnderWay } from '../../core/merge/merge.ts'
import { checkObjects } from '../import/check-objects.ts'
import { type Imported, importTips } from '../import/import-tips.ts'
import { keepLfsObjects } from '../import/keep-lfs-objects.ts'
import type { CleanedFile } from '../import/lfs-clean.ts'
import { newCommits } from '../import/new-commits.ts'
import { makeScratchRepository } from '../import/scratch-repository.ts'
import { shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { cloneSettings } from '../repository/clone-settings.ts'
import { objectStores } from '../repository/object-stores.ts'
import { userExcludes } from '../repository/user-excludes.ts'
import { earlierRefs } from '../survey/earlier-refs.ts'
import { findMarkers } from '../survey/find-markers.ts'
import { allTips, findGitFolders, type GitFolders } from '../survey/git-folders.ts'
import type { Head, Tip } from '../survey/read-tips.ts'
import { surveyFiles } from '../survey/survey-files.ts'
import { findInnerWorkTrees, restoreGitFiles } from '../survey/work-trees.ts'
import { chooseLine, type KnownCommits, type Line } from './choose-line.ts'
import { publishGathered } from './publish-gathered.ts'
import { type SalvageOptions, salvageSubmodules } from './salvage-submodules.ts'
import { saveWorkTrees } from './save-work-trees.ts'

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

    const gitlinks = await salvageSubmodules(
      options,
      { inReceiver, base: line.commit, salvage: salvageRepository },
      { notes, unsaved },
      signal,
    )
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
    const kept = await publishGathered(
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
    const ends = { from: startCommit, to: kept.files ?? commit, before: [startCommit] }
    const markers = await findMarkers(ends, inReceiver, signal)
    return {
      commit,
      commits: commit === startCommit ? 0 : imported.graph.reach([line.commit]).size,
      wip: kept.wip,
      // What is nowhere else comes first: the rest may be cut.
      notes: [...unsaved, ...notes],
      unsaved: unsaved.length > 0,
      also,
      left: leftUnderWay(operation, markers),
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
