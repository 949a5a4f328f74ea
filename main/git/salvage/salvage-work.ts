import { AppError } from '../../core/failure.ts'
import { type SalvagedWork, taskRef } from '../../core/merge/merge.ts'
import { locateWhatIsLeft } from '../conflicts/locate-what-is-left.ts'
import { deleteTaskRef } from '../repository/delete-task-ref.ts'
import { kindOf } from '../survey/check-clone.ts'
import { boundedNotes } from './bounded-notes.ts'
import { inScratch } from './in-scratch.ts'
import { salvageRepository } from './salvage-repository.ts'

/**
 * Brings what a task left in its clone to `refs/tasks/ID` of the user's repository: its commits, and its uncommitted files as a last
 * commit. Nothing may run in the clone any more. The clone is data: no git process obeys a setting, hook or filter of it.
 * Can be repeated.
 * @throws AppError('salvage-failed') when nothing at all could be saved, 'repository-invalid' when there is nowhere to save it.
 */
export async function salvageWork(
  {
    repoPath,
    commonDirectory,
    workspace,
    taskId,
    startCommit,
    stateDirectory,
    clonedIndex,
  }: {
    readonly repoPath: string
    /** Where its commits go when its work tree is gone. */
    readonly commonDirectory?: string | undefined
    readonly workspace: string
    readonly taskId: string
    readonly startCommit: string
    /** Host-only folder; `salvage/` in it is ours while this runs. */
    readonly stateDirectory: string
    /** Where `keepIndex` may have put the index of the clone as it was made. */
    readonly clonedIndex?: string | undefined
  },
  signal?: AbortSignal,
): Promise<SalvagedWork> {
  const source = await locateWhatIsLeft({ repoPath, commonDirectory }, signal)
  if ((await kindOf(workspace)) !== 'folder') {
    throw new AppError('salvage-failed', `The clone of task ${taskId} is gone`, { hint: 'There is nothing to save' })
  }
  const save = async (scratch: string): Promise<SalvagedWork> => {
    const salvaged = await salvageRepository({ source, workspace, taskId, startCommit, scratch, clonedIndex }, signal)
    const { commit, commits, wip, changed, notes, also, left, unsaved } = salvaged
    const { files, more = 0 } = changed
    // What an earlier agent of the task had there, before it was parked, the last one has undone.
    if (commit === startCommit) await deleteTaskRef(source.path, taskId, { keepAlso: true }, signal)
    return {
      ref: commit === startCommit ? null : taskRef(taskId),
      commit,
      commits,
      wip,
      filesChanged: files,
      ...(more > 0 && { moreChanged: more }),
      notes: boundedNotes(notes),
      also,
      left,
      ...(unsaved && { unsaved }),
    }
  }
  const notSaved = {
    message: (reason: string) => `The work of task ${taskId} could not be saved: ${reason}`,
    hint: `Its files are still in ${workspace}`,
  }
  return await inScratch({ taskId, stateDirectory }, save, notSaved, signal)
}
