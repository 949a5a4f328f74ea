import { AppError } from '../core/failure.ts'
import type { Task } from '../core/task.ts'
import { deleteTaskRef } from '../git/delete-task-ref.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { taskFiles } from './task-files.ts'

/**
 * Deletes the folder of a task that has ended, and its ref when told to.
 * @throws AppError('salvage-failed') when the folder is the only place where its work is, unless the ref is to go too.
 */
export async function cleanUpTask(
  { id, repoPath, startCommit, work }: Task,
  { deleteRef }: { readonly deleteRef: boolean },
): Promise<void> {
  const { folder, repo } = taskFiles(repoPath, id)
  if (startCommit !== null && work === null && !deleteRef) {
    throw new AppError('salvage-failed', `The work of task ${id} is only in ${repo}`, {
      hint: 'Save what you need of it, then clean up with delete_ref',
    })
  }
  if (deleteRef) await deleteTaskRef(repoPath, id)
  await removeTree(folder)
}
