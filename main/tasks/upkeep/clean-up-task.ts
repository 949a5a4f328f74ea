import { AppError } from '../../core/failure.ts'
import type { Task } from '../../core/task/task.ts'
import { deleteTaskRef } from '../../git/repository/delete-task-ref.ts'
import type { CleanUp } from '../contract.ts'
import { type PublishingRules, requireYes, weighRemoval } from '../finish/waiting-work.ts'
import { workIsElsewhere } from '../finish/work-is-elsewhere.ts'
import { hideInWorkTree } from '../record/mirror.ts'
import { placeOfRefs } from '../record/place-of-refs.ts'
import { filesOf, sshFolder } from '../record/task-files.ts'
import type { Deletions } from './deletions.ts'

/**
 * Deletes the folder of a task that has ended, and its ref when the wish says so.
 * @throws AppError('salvage-failed') when the folder is the only place where its work is, unless the ref is to go too;
 * 'home-unusable' when it cannot be deleted, which is tried again at the next prune;
 * 'merge-failed' when its work waits for a person, and who asks is none.
 */
export async function cleanUpTask(
  task: Task,
  { deleteRef, by }: CleanUp,
  rules: PublishingRules,
  deletions: Pick<Deletions, 'remove'>,
): Promise<void> {
  const { id } = task
  const act = deleteRef ? 'drop' : 'clean-up'
  requireYes(task, act, await weighRemoval(task, act, by, rules))
  const { folder, workFolder, repo, copy, share } = filesOf(task)
  if (!deleteRef && !(await workIsElsewhere(task))) {
    throw new AppError('salvage-failed', `Work of task ${id} is only in ${task.startCommit === null ? copy : repo}`, {
      hint: 'Save what you need of it, then clean up with delete_ref',
    })
  }
  if (deleteRef) await dropRef(task)
  await hideInWorkTree(task).catch(() => undefined) // Links in a work tree that is closed to us keep nothing of the task.
  // The record goes last: while anything stays, the task is listed and can be cleaned up once more.
  for (const path of new Set([repo, share, workFolder, sshFolder(task.home, id), folder])) {
    const reason = await deletions.remove(path)
    if (reason === null) continue
    throw new AppError('home-unusable', `The folder of task ${id} could not be deleted: ${reason}`, {
      hint: 'It is tried again at the next prune; see what keeps it: lsattr, mount',
    })
  }
}

async function dropRef(task: Task): Promise<void> {
  const place = await placeOfRefs(task)
  if (place !== null) await deleteTaskRef(place, task.id)
}
