import { errorOf } from '../../core/failure.ts'
import { findFlakeProblem } from '../../git/repository/checked-out/find-flake.ts'
import { OfCheckedOut } from '../../git/repository/checked-out/of-checked-out.ts'

const problems = new OfCheckedOut(findFlakeProblem, (problem) => problem === null)

/**
 * Refuses, before anything is cloned, a repository whose checked-out commit no task can start from.
 * @throws AppError('flake-missing' | 'repository-invalid') with what stands in place of a committed flake.nix.
 */
export async function requireFlake(repoPath: string): Promise<void> {
  const problem = await problems.of(repoPath)
  if (problem) throw errorOf(problem)
}
