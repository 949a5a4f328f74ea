import { AppError } from '../../core/failure.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import type { RepositoryState } from '../repository/inspect-repository.ts'
import { type StartingPoint, startingPoint } from '../repository/refs.ts'

/** The user's HEAD, or what was chosen in its place. @throws AppError('clone-failed') where there is none. */
export async function startOf(
  { path, head }: RepositoryState,
  base: TaskBase | undefined,
  signal?: AbortSignal,
): Promise<StartingPoint> {
  if (base !== undefined) {
    const revision = base.kind === 'branch' ? `refs/heads/${base.branch}` : base.commit
    const found = await startingPoint({ cwd: path, trust: 'user' }, revision, signal)
    if (found) return found
    const what = base.kind === 'branch' ? `The branch ${base.branch}` : `The commit of ${base.name}`
    throw new AppError('clone-failed', `${what} no longer exists`)
  }
  if (head) return head
  throw new AppError('clone-failed', `${path} has no commit yet`, { hint: 'Commit something, a flake.nix at least' })
}

export const flakeMissing = ({ path, hasFlake: onDisk }: RepositoryState) =>
  new AppError('flake-missing', `No flake.nix found ${onDisk ? 'in the last commit of' : 'in'} ${path}`, {
    hint: onDisk
      ? 'Commit it: the task works on what is committed'
      : 'Add one with a devShell, and commit it: nix flake init',
  })
