import { AppError } from '../core/failure.ts'
import type { By } from '../core/may-publish.ts'
import type { Task } from '../core/task.ts'
import { deleteTaskRef } from '../git/delete-task-ref.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { hideInWorkTree } from './mirror.ts'
import { filesOf } from './task-files.ts'
import { type PublishingRules, requireYes, weighRemoval } from './waiting-work.ts'

export interface CleanUp {
  readonly deleteRef: boolean
  readonly by: By
}

/**
 * Deletes the folder of a task that has ended, and its ref when told to.
 * @throws AppError('salvage-failed') when the folder is the only place where its work is, unless the ref is to go too;
 * AppError('merge-failed') when its work waits for a person, and who asks is none.
 */
export async function cleanUpTask(task: Task, { deleteRef, by }: CleanUp, rules: PublishingRules): Promise<void> {
  const { id, repoPath, startCommit, work } = task
  const act = deleteRef ? 'drop' : 'clean-up'
  requireYes(task, act, await weighRemoval(task, act, by, rules))
  const { folder, workFolder, repo } = filesOf(task)
  if (startCommit !== null && work === null && !deleteRef) {
    throw new AppError('salvage-failed', `The work of task ${id} is only in ${repo}`, {
      hint: 'Save what you need of it, then clean up with delete_ref',
    })
  }
  if (deleteRef) await deleteTaskRef(repoPath, id)
  await hideInWorkTree(task)
  if (workFolder !== folder) await removeTree(workFolder)
  await removeTree(folder)
}
