import type { Task } from '../core/task.ts'
import { commonDirectoryOf } from '../git/common-directory.ts'
import { pathExists } from '../lib/path-exists.ts'

/** Where git finds the refs of the task: its repository, or where its work tree is gone what the others share of it; null where that is gone too. */
export async function placeOfRefs({
  repoPath,
  repository,
}: Pick<Task, 'repoPath' | 'repository'>): Promise<string | null> {
  if ((await commonDirectoryOf(repoPath)) !== undefined) return repoPath
  return repository && (await pathExists(repository.commonDirectory)) ? repository.commonDirectory : null
}
