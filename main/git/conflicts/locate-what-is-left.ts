import { realpath } from 'node:fs/promises'
import { AppError } from '../../core/failure.ts'
import { git, utf8 } from '../process/git.ts'
import { locateRepository } from '../repository/inspect-repository.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'

/**
 * Where a task's work can be saved: the repository at the path, or where its work tree is gone the `.git` folder that it shared with the
 * others, as if it was a bare repository.
 * @throws AppError('repository-invalid') where neither is there.
 */
export async function locateWhatIsLeft(
  { repoPath, commonDirectory }: { readonly repoPath: string; readonly commonDirectory?: string | undefined },
  signal?: AbortSignal,
): Promise<RepositoryPlace> {
  try {
    return await locateRepository(repoPath, signal)
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'repository-invalid') || commonDirectory === undefined)
      throw error
    const left = await locateBare(commonDirectory, signal)
    if (left) return left
    throw error
  }
}

async function locateBare(commonDirectory: string, signal?: AbortSignal): Promise<RepositoryPlace | undefined> {
  const path = await realpath(commonDirectory).catch(() => undefined) // Gone as well: the caller throws its own error.
  if (path === undefined) return undefined
  const args = ['rev-parse', '--is-inside-git-dir', '--show-object-format', '--is-shallow-repository']
  const answers = await git(args, { cwd: path, trust: 'user' }, signal)
  if (answers.exitCode !== 0) return undefined
  const [isInside, objectFormat, isShallow] = utf8(answers.stdout).split('\n')
  if (isInside !== 'true') return undefined
  return {
    ...{ path, commonDirectory: path, gitDirectory: path, isLinkedWorktree: false },
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    isShallow: isShallow === 'true',
  }
}
