import type { MergeOutcome } from '../../core/merge/merge.ts'
import { type GitOptions, gitQuickly, gitText } from '../process/git.ts'

const newestEntries = 1_000

/**
 * The last merge of this task that the branch's reflog tells of: one that a crash kept from being recorded, or the one before a task was
 * continued that made nothing more. Undefined when there is none, or no reflog.
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
  for (const [index, entry] of entries.entries()) {
    const method = methods.find((one) => entry.endsWith(` microvm-orchestrator: task ${taskId}: ${one}`))
    if (!method) continue
    const to = commitOf(entry)
    const from = commitOf(entries[index + 1]) || startCommit
    const commits = Number(await gitText(['rev-list', '--count', to, `^${from}`], user, signal))
    return { kind: 'merged', method, commits, branch, from, to }
  }
  return undefined
}

const methods = ['fast-forward', 'rebase'] as const

const commitOf = (entry = ''): string => entry.split(' ', 1)[0] ?? ''
