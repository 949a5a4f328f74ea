import type { MergeOutcome } from '../../core/merge/merge.ts'
import { type GitOptions, gitQuickly, gitText } from '../process/git.ts'

const newestEntries = 1_000

/**
 * The merge of this task that the branch's reflog tells of: one that a crash kept from being recorded. Undefined when there is
 * none, or no reflog.
 */
export async function findMerge(
  {
    repoPath,
    taskId,
    branch,
    startCommit,
  }: {
    readonly repoPath: string
    readonly taskId: string
    readonly branch: string
    readonly startCommit: string
  },
  signal?: AbortSignal,
): Promise<Extract<MergeOutcome, { kind: 'merged' }> | undefined> {
  const user: GitOptions = { cwd: repoPath, trust: 'user' }
  const args = ['log', '-g', '-n', String(newestEntries), '--format=%H %gs', `refs/heads/${branch}`, '--']
  const { exitCode, stdout } = await gitQuickly(args, user, signal)
  if (exitCode !== 0) return undefined
  const entries = stdout.split('\n')
  for (const method of ['fast-forward', 'rebase'] as const) {
    const index = entries.findIndex((entry) => entry.endsWith(` microvm-orchestrator: task ${taskId}: ${method}`))
    if (index < 0) continue
    const to = commitOf(entries[index])
    const from = commitOf(entries[index + 1]) || startCommit
    const commits = Number(await gitText(['rev-list', '--count', to, `^${from}`], user, signal))
    return { kind: 'merged', method, commits, branch, from, to }
  }
  return undefined
}

const commitOf = (entry = ''): string => entry.split(' ', 1)[0] ?? ''
