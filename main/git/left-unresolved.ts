import { join } from 'node:path'
import { byBytes, shownPath } from './byte-path.ts'
import { kindOf } from './check-clone.ts'
import { GitError, type GitOptions, gitQuickly } from './git.ts'

export type LeftUnresolved =
  | { readonly kind: 'nothing' }
  /** The agent ended in the middle of the rebase. */
  | { readonly kind: 'rebase' }
  /** Conflict markers in files where neither side had any. */
  | { readonly kind: 'markers'; readonly files: readonly string[] }

/** What a task that was to resolve conflicts left undone, whatever it says of itself. */
export async function leftUnresolved(
  {
    repoPath,
    workspace,
    commit,
    sides,
  }: {
    readonly repoPath: string
    /** The clone; null when only the commit counts. */
    readonly workspace: string | null
    readonly commit: string
    /** The commits that were to be brought together. */
    readonly sides: readonly string[]
  },
  signal?: AbortSignal,
): Promise<LeftUnresolved> {
  for (const name of ['rebase-merge', 'rebase-apply']) {
    if (workspace !== null && (await kindOf(join(workspace, '.git', name))) !== 'missing') return { kind: 'rebase' }
  }
  const before = new Set((await Promise.all(sides.map((side) => filesWithMarkers(repoPath, side, signal)))).flat())
  const files = (await filesWithMarkers(repoPath, commit, signal)).filter((path) => !before.has(path))
  return files.length === 0 ? { kind: 'nothing' } : { kind: 'markers', files: files.sort(byBytes).map(shownPath) }
}

async function filesWithMarkers(repoPath: string, commit: string, signal?: AbortSignal): Promise<string[]> {
  const user: GitOptions = { cwd: repoPath, trust: 'user' }
  const args = [
    'grep',
    '-z',
    '-l',
    '-I',
    '--no-textconv',
    '--no-recurse-submodules',
    '-E',
    '-e',
    '^(<{7}|>{7}) ',
    commit,
  ]
  const result = await gitQuickly(args, user, signal)
  if (result.exitCode !== 0 && result.exitCode !== 1) throw new GitError(args, result)
  return result.stdout
    .split('\0')
    .filter((name) => name !== '')
    .map((name) => name.slice(commit.length + 1))
}
