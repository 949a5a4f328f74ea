import { noPaths, type PathList } from '../../core/bounded-list.ts'
import { type AlsoKept, type LeftUnderWay, leftUnderWay } from '../../core/merge/merge.ts'
import { changedFiles } from '../changes/changed-files.ts'
import { checkObjects } from '../import/check-objects.ts'
import { keepLfsObjects } from '../import/keep-lfs-objects.ts'
import type { CleanedFile } from '../import/lfs-clean.ts'
import type { GitOptions } from '../process/git.ts'
import { earlierRefs } from '../survey/earlier-refs.ts'
import { findMarkers } from '../survey/find-markers.ts'
import type { Told } from './bounded-notes.ts'
import { type GatherSubmodules, gatherRepository } from './gather-repository.ts'
import { publishGathered } from './publish-gathered.ts'
import { type SalvageOptions, salvageSubmodules } from './salvage-submodules.ts'

export interface Salvaged {
  /** Where the line stands now: in the user's repository, at `refs/tasks/ID` when it is not the start commit. */
  readonly commit: string
  readonly commits: number
  readonly wip: boolean
  /** Files that differ from the start commit's. */
  readonly changed: PathList
  readonly notes: readonly string[]
  readonly also: readonly AlsoKept[]
  readonly left: LeftUnderWay | null
  readonly unsaved: boolean
}

/** Salvages one repository, and the submodules in it before it. Throws only when nothing of it could be saved. */
export async function salvageRepository(options: SalvageOptions, signal?: AbortSignal): Promise<Salvaged> {
  const { source, startCommit, taskId } = options
  const told: Told = { notes: [], unsaved: [] }
  const { notes, unsaved } = told
  // Beside the gathering, which does not need it and takes longer.
  const asked = earlierRefs(source.path, taskId, signal)
  asked.catch(() => undefined) // Thrown where it is waited for.
  const submodules: GatherSubmodules = (modules, inReceiver) =>
    salvageSubmodules(options, { inReceiver, ...modules, salvage: salvageRepository }, told, signal)
  const gathered = await gatherRepository(options, { told, submodules }, signal)
  const { inReceiver, imported, line, saved, operation } = gathered
  const markersUpTo = (to: string) => findMarkers({ from: startCommit, to, before: [startCommit] }, inReceiver, signal)
  const changedUpTo = async (to: string) =>
    to === startCommit ? noPaths : await changedFiles(inReceiver, startCommit, to, signal)
  // Beside the publishing: what is published is seldom anything else.
  const ofLine = markersUpTo(line.commit)
  const changedByLine = changedUpTo(line.commit)
  for (const early of [ofLine, changedByLine]) early.catch(() => undefined) // Thrown where it is waited for.
  const kept = await publishGathered({ ...options, ...gathered, earlier: await asked }, inReceiver, told, signal)
  const { commit, also } = kept
  if (commit !== startCommit || also.length > 0) {
    const cleaned = saved.flatMap(({ lfs }) => lfs)
    notes.push(...(await keepLfs(options, [commit, ...also.map((one) => one.commit)], cleaned, inReceiver, signal)))
  }
  const end = kept.files ?? commit
  const [markers, changed] = await Promise.all([
    end === line.commit ? ofLine : markersUpTo(end),
    commit === line.commit ? changedByLine : changedUpTo(commit),
  ])
  return {
    commit,
    commits: commit === startCommit ? 0 : imported.graph.reach([line.commit]).size,
    wip: kept.wip,
    changed,
    // What is nowhere else comes first: the rest may be cut.
    notes: [...unsaved, ...notes],
    unsaved: unsaved.length > 0,
    also,
    left: leftUnderWay(operation, markers),
  }
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
