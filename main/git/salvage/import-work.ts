import { noPaths } from '../../core/bounded-list.ts'
import { type LeftUnderWay, leftUnderWay, type Markers, type SalvagedWork, taskRef } from '../../core/merge/merge.ts'
import { changedFiles } from '../changes/changed-files.ts'
import { importTips } from '../import/import-tips.ts'
import type { GitOptions } from '../process/git.ts'
import { deleteTaskRef } from '../repository/delete-task-ref.ts'
import { earlierRefs } from '../survey/earlier-refs.ts'
import { findMarkers } from '../survey/find-markers.ts'
import { boundedNotes, type Told } from './bounded-notes.ts'
import { inScratch } from './in-scratch.ts'
import { openPack } from './open-pack.ts'
import { publishGathered } from './publish-gathered.ts'

/** What another host says of work that it saved there. Of its commits nothing is believed that is not found in them. */
interface ToldWork {
  readonly commit: string
  readonly wip: boolean
  readonly also: readonly { readonly commit: string; readonly from: string }[]
  readonly operation: LeftUnderWay['operation']
  readonly markers: Markers
  readonly notes: readonly string[]
  readonly unsaved: boolean
}

export interface ImportedFrom {
  readonly repoPath: string
  /** Where its commits go when its work tree is gone. */
  readonly commonDirectory?: string | undefined
  readonly taskId: string
  readonly startCommit: string
  /** Host-only folder; `salvage/` in it is ours while this runs. */
  readonly stateDirectory: string
  /** A pack of the commits, in `stateDirectory`; it need not be there where there are none. */
  readonly pack: string
  readonly told: ToldWork
}

/**
 * Brings work that another host saved to `refs/tasks/ID` of the user's repository, as `salvageWork` brings what a guest left here: the pack is
 * data, and every object of it is checked before the repository has any. Can be repeated.
 * @throws AppError('salvage-failed') when the line was refused, 'repository-invalid' when there is nowhere to save it.
 */
export async function importWork(from: ImportedFrom, signal?: AbortSignal): Promise<SalvagedWork> {
  const { taskId, pack } = from
  const notSaved = {
    message: (reason: string) => `What came of the work of task ${taskId} was refused: ${reason}`,
    hint: `It is kept as it came: ${pack}`,
  }
  return await inScratch(from, (scratch) => importInto(scratch, from, signal), notSaved, signal)
}

async function importInto(scratch: string, from: ImportedFrom, signal?: AbortSignal): Promise<SalvagedWork> {
  const { repoPath, commonDirectory, taskId, startCommit, pack, told } = from
  const { source, receiver, proof, view } = await openPack(
    scratch,
    { repoPath, commonDirectory, startCommit, pack },
    signal,
  )
  const earlier = await earlierRefs(source.path, taskId, signal)
  const beside = told.also.map(({ commit, from: where }) => ({ id: commit, from: where }))
  const tips = [...(told.commit === startCommit ? [] : [{ id: told.commit, from: 'the line' }]), ...beside]
  const imported = await importTips({ view, receiver, startCommit, tips }, signal)
  if (told.commit !== startCommit && !(imported.graph.has(told.commit) && imported.graph.isRelated(told.commit))) {
    throw new Error(
      imported.refused[0] ?? imported.notes[0] ?? `the commit ${told.commit.slice(0, 12)} is not among it`,
    )
  }
  const inReceiver: GitOptions = { cwd: receiver, trust: 'none', env: { GIT_DIR: receiver } }
  const said: Told = { notes: [...told.notes, ...imported.notes], unsaved: [...imported.refused] }
  const line = { commit: told.commit, tip: told.commit, from: 'the line', notes: [] }
  const { commit, also } = await publishGathered(
    { source, taskId, startCommit, receiver, proof, line, imported, earlier, saved: [] },
    inReceiver,
    said,
    signal,
  )
  if (commit === startCommit) await deleteTaskRef(source.path, taskId, { keepAlso: true }, signal)
  const [found, { files, more = 0 }] = await Promise.all([
    findMarkers({ from: startCommit, to: commit, before: [startCommit] }, inReceiver, signal),
    commit === startCommit ? noPaths : changedFiles(inReceiver, startCommit, commit, signal),
  ])
  const count = commit === startCommit ? 0 : imported.graph.reach([commit]).size
  const hasFound = found.files.length > 0 || found.isPartial === true
  return {
    ref: commit === startCommit ? null : taskRef(taskId),
    commit,
    commits: Math.max(0, told.wip ? count - 1 : count),
    wip: told.wip && count > 0,
    filesChanged: files,
    ...(more > 0 && { moreChanged: more }),
    notes: boundedNotes([...said.unsaved, ...said.notes]),
    also,
    left: leftUnderWay(told.operation, hasFound ? found : told.markers),
    ...((told.unsaved || said.unsaved.length > 0) && { unsaved: true }),
  }
}
