import type { Task } from '../../core/task/task.ts'
import { commonDirectoryOf } from '../../git/repository/common-directory.ts'
import { pathExists } from '../../lib/files/look.ts'

/** Where git finds the refs of the task: its repository, or where its work tree is gone what the others share of it; null where that is gone too. */
export async function placeOfRefs({
  repoPath,
  repository,
}: Pick<Task, 'repoPath' | 'repository'>): Promise<string | null> {
  if ((await commonDirectoryOf(repoPath)) !== undefined) return repoPath
  return repository && (await pathExists(repository.commonDirectory)) ? repository.commonDirectory : null
}
