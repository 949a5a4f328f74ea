import { gitQuickly } from './git.ts'

/** Whether the last commit of what is checked out has a file of that name at its top. */
export async function headHolds(repoPath: string, name: string, signal?: AbortSignal): Promise<boolean> {
  const { exitCode } = await gitQuickly(['cat-file', '-e', `HEAD:${name}`], { cwd: repoPath, trust: 'user' }, signal)
  return exitCode === 0
}
