import { AppError } from '../../core/failure.ts'
import { gitQuickly, utf8 } from '../process/git.ts'

/** Where the user's git fetches from under this name. @throws AppError('argument-invalid') where the repository has no such remote. */
export async function remoteAddress(repoPath: string, remote: string, signal?: AbortSignal): Promise<string> {
  const args = ['remote', 'get-url', '--', remote]
  const { exitCode, stdout } = await gitQuickly(args, { cwd: repoPath, trust: 'user' }, signal)
  if (exitCode === 0) return utf8(stdout).trim()
  throw new AppError('argument-invalid', `The repository has no remote '${remote.slice(0, 80)}'`, {
    hint: `See: git -C ${repoPath} remote`,
  })
}
