import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Gitlink, gitlinksOf } from '../clone/clone-submodules.ts'
import { type Imported, importTips } from '../import/import-tips.ts'
import { newCommits } from '../import/new-commits.ts'
import { makeScratchRepository } from '../import/scratch-repository.ts'
import { shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { cloneSettings } from '../repository/clone-settings.ts'
import { objectStores } from '../repository/object-stores.ts'
import { userExcludes } from '../repository/user-excludes.ts'
import { allTips, findGitFolders, type GitFolders } from '../survey/git-folders.ts'
import type { Head, Operation, Tip } from '../survey/read-tips.ts'
import { surveyFiles } from '../survey/survey-files.ts'
import { findInnerWorkTrees, restoreGitFiles } from '../survey/work-trees.ts'
import type { Told } from './bounded-notes.ts'
import { chooseLine, type KnownCommits, type Line } from './choose-line.ts'
import { layKnownIndex } from './known-index.ts'
import type { SalvageOptions } from './salvage-submodules.ts'
import { indexIn } from './save-files.ts'
import { type SavedWork, saveWorkTrees } from './save-work-trees.ts'

/** Everything of a clone, checked and in a host-only repository; the user's repository has nothing of it yet. */
export interface GatheredRepository {
  /** Host-only repositories: `receiver` holds the work, `proof` is for what is made of it. */
  readonly receiver: string
  readonly proof: string
  readonly inReceiver: GitOptions
  readonly imported: Imported
  readonly line: Line
  readonly operation: Operation | null
  readonly saved: readonly SavedWork[]
}

/** Resolves with the commits of the submodules, by their paths, where the line ends at `base`; adds what a person should know to the notes. */
export type GatherSubmodules = (
  modules: { readonly atStart: readonly Gitlink[]; readonly base: string },
  inReceiver: GitOptions,
) => Promise<ReadonlyMap<string, string>>

/** Brings what a clone holds into a repository below `scratch`. Throws only when nothing of it could be read. */
export async function gatherRepository(
  options: SalvageOptions,
  { told, submodules }: { readonly told: Told; readonly submodules: GatherSubmodules },
  signal?: AbortSignal,
): Promise<GatheredRepository> {
  const { source, workspace, startCommit, taskId, scratch, clonedIndex } = options
  const { objectFormat } = source
  const { notes, unsaved } = told
  const receiver = join(scratch, 'receiver.git')
  const proof = join(scratch, 'proof.git')
  const inReceiver: GitOptions = { cwd: receiver, trust: 'none', env: { GIT_DIR: receiver } }
  const [settings, stores, survey] = await Promise.all([
    cloneSettings(source.path, signal),
    objectStores(source.commonDirectory),
    surveyFiles(workspace, signal),
  ])
  const { isPartial, sparse, excludesFile } = settings
  const common = {
    objectFormat,
    shallow: source.isShallow ? await readFile(join(source.commonDirectory, 'shallow'), 'utf8') : null,
    exclude: await userExcludes(source, excludesFile),
    isPartial,
  }
  const ofStart = { ...common, stores, refs: { 'refs/heads/start': startCommit } }
  await Promise.all([receiver, proof].map((path) => makeScratchRepository(path, ofStart)))
  notes.push(...survey.notes)
  if (!survey.complete) unsaved.push('Files that git did not know yet were not looked at')
  const folders = await findGitFolders(workspace, taskId, survey.gitFolders)
  notes.push(...folders.notes)
  const inner = await findInnerWorkTrees(workspace, folders.main, survey.gitFiles, objectFormat)
  notes.push(...inner.notes)
  let isIndexKnown: Promise<boolean> | undefined
  try {
    const view = join(scratch, 'view.git')
    const objects = [folders.main, ...folders.others].flatMap((folder) => (folder ? [folder.objects] : []))
    await makeScratchRepository(view, { ...common, stores: [...stores, ...objects], refs: {} })
    const tips = await tipsOf(folders, view, inReceiver, signal)
    const importing = importTips({ view, receiver, startCommit, tips }, signal)
    // While git works on the commits. One of a sparse checkout says of files that they are absent on purpose.
    if (clonedIndex !== undefined && !sparse) {
      isIndexKnown = layKnownIndex({ path: clonedIndex, objectFormat }, workspace, indexIn(scratch), signal)
      isIndexKnown.catch(() => undefined) // Thrown where it is waited for.
    }
    const [imported, atStart] = await Promise.all([importing, gitlinksOf(inReceiver, startCommit, signal)])
    notes.push(...imported.notes)
    unsaved.push(...imported.refused)
    const known = knownCommits(imported)
    const head: Head = folders.main?.tips.head ?? nowhere
    const taskBranch = folders.main?.tips.taskBranch
    const operation = folders.main?.tips.operation ?? null
    const line = chooseLine({ head, taskBranch }, known, startCommit)
    notes.push(...line.notes, ...aboutHead(folders, taskId, line, known))

    const gitlinks = await submodules({ atStart, base: line.commit }, inReceiver)
    const saved = await saveWorkTrees(
      {
        ...{ workspace, gitlinks, head, operation, line, known },
        gitDirectory: receiver,
        scratch,
        inner: inner.trees,
        objectFormat,
        gitFolder: folders.main?.path,
        apart: folders.apart,
        complete: survey.complete,
        isIndexKnown,
        sparsePatterns: sparse ? join(source.gitDirectory, 'info', 'sparse-checkout') : null,
      },
      told,
      signal,
    )
    return { receiver, proof, inReceiver, imported, line, operation, saved }
  } finally {
    await isIndexKnown?.catch(() => undefined) // It writes into the scratch folder.
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
