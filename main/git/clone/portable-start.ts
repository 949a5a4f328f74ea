import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import { cloneSettings } from '../repository/clone-settings.ts'
import { inspectRepository } from '../repository/inspect-repository.ts'
import { flakeMissing, startOf } from './start-of.ts'

/** Where a task on another host starts. */
export interface PortableStart {
  readonly startCommit: string
  /** The branch that was checked out, without `refs/heads/`; null when HEAD was detached. */
  readonly branch: string | null
  readonly objectFormat: 'sha1' | 'sha256'
}

/**
 * Where a task starts that works on another host, to which the history of one commit goes and nothing beside it.
 * @throws AppError('repository-invalid') for a repository whose tasks need more than that; 'flake-missing', 'clone-failed'.
 */
export async function portableStart(
  {
    repoPath,
    base,
    needsFlake,
  }: { readonly repoPath: string; readonly base?: TaskBase | undefined; readonly needsFlake: boolean },
  signal?: AbortSignal,
): Promise<PortableStart> {
  const [repository, { isPartial }] = await Promise.all([
    inspectRepository(repoPath, signal),
    cloneSettings(repoPath, signal),
  ])
  const { commit, hasFlake, hasSubmodules } = await startOf(repository, base, signal)
  if (needsFlake && !hasFlake) throw flakeMissing(repository)
  const needs = isPartial
    ? 'a partial clone'
    : repository.isShallow
      ? 'a shallow clone'
      : hasSubmodules
        ? 'one with submodules'
        : existsSync(join(repository.commonDirectory, 'lfs', 'objects'))
          ? 'one with Git LFS objects'
          : null
  if (needs !== null)
    throw new AppError('repository-invalid', `${repoPath} is ${needs}, which tasks at a place cannot have yet`, {
      hint: 'Run the task on this host: leave out the place',
    })
  return { startCommit: commit, branch: repository.branch, objectFormat: repository.objectFormat }
}
