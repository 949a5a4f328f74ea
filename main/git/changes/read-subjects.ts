import { type GitOptions, gitText, utf8 } from '../process/git.ts'
import { few } from './list-changes.ts'

/** Subjects of the commits of `to` that `from` does not reach, oldest first, at most 1,000. */
export async function readSubjects(
  repoPath: string,
  { from, to }: { readonly from: string; readonly to: string },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const user: GitOptions = { cwd: repoPath, trust: 'user' }
  const args = ['log', '-z', '--max-count=1000', '--no-merges', `--format=${few('s')}`, `${from}..${to}`, '--']
  const output = utf8(await gitText(args, user, signal))
  return output
    .split('\0')
    .map((subject) => subject.trimEnd())
    .filter(Boolean)
    .reverse()
}
