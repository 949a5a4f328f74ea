import { stat } from 'node:fs/promises'
import type { RepositoryIdentity, Task } from '../../core/task/task.ts'
import { commonDirectoryOf } from '../../git/repository/common-directory.ts'

/** What tells the repository from every other, wherever it is moved on its disk; undefined where it cannot be told. */
export async function identityOf(repoPath: string): Promise<RepositoryIdentity | undefined> {
  const commonDirectory = await commonDirectoryOf(repoPath)
  if (commonDirectory === undefined) return undefined
  const { ino: inode, birthtimeMs: bornMs } = await stat(commonDirectory)
  return { commonDirectory, inode, bornMs }
}

/** The task with the place where its repository lies now: one that was moved is found where it is registered again. */
export async function atItsRepository<Known extends Pick<Task, 'repoPath' | 'repository'>>(
  task: Known,
  registered: () => Promise<readonly { readonly path: string }[]>,
): Promise<Known> {
  const { repository, repoPath } = task
  if (!repository || (await commonDirectoryOf(repoPath)) !== undefined) return task
  for (const { path } of await registered()) {
    const found = await identityOf(path)
    const isSame = found?.inode === repository.inode && found.bornMs === repository.bornMs
    // A linked work tree of the same repository is another checkout, with another branch.
    if (isSame && found.commonDirectory !== repository.commonDirectory) return { ...task, repoPath: path }
  }
  return task
}
