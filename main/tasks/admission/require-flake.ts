import { AppError } from '../../core/failure.ts'
import { findFlakeProblem } from '../../git/repository/find-flake.ts'
import { headStamp } from '../../git/repository/head-stamp.ts'

/** The last commit of each repository that was found to have a flake, so that the next task of it waits for no process. */
const good = new Map<string, string>()

/**
 * Refuses, before anything is cloned, a repository whose checked-out commit no task can start from.
 * @throws AppError('flake-missing' | 'repository-invalid') with what stands in place of a committed flake.nix.
 */
export async function requireFlake(repoPath: string): Promise<void> {
  const stamp = await headStamp(repoPath)
  if (stamp !== undefined && good.get(repoPath) === stamp) return
  const problem = await findFlakeProblem(repoPath)
  if (problem)
    throw new AppError(problem.code, problem.message, problem.hint === undefined ? {} : { hint: problem.hint })
  if (stamp !== undefined) good.set(repoPath, stamp)
}
