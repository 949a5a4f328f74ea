import { type GitOptions, gitQuickly } from '../process/git.ts'
import { recordsOf, streamGit } from '../process/stream-git.ts'
import type { Tip } from '../survey/read-tips.ts'

const mostCommits = 50_000

/** Every commit of a clone's object store that the user's lacks: for a clone whose refs say nothing that could be read. */
export async function newCommits(
  inView: GitOptions,
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<readonly Tip[]> {
  const format = '--batch-check=%(objecttype) %(objectname)'
  const commits: string[] = []
  await using listing = streamGit(['cat-file', '--batch-all-objects', format], inView, signal)
  for await (const line of recordsOf(listing.stdout, '\n', { bytes: 2 ** 32 })) {
    if (line.startsWith('commit ')) commits.push(line.slice('commit '.length))
  }
  const input = commits.map((id) => `${id}\n`).join('')
  const { stdout } = await gitQuickly(['cat-file', '--batch-check'], { ...inReceiver, input }, signal)
  const missing = stdout
    .split('\n')
    .flatMap((line) => (line.endsWith(' missing') ? [line.slice(0, -' missing'.length)] : []))
  return missing.slice(0, mostCommits).map((id) => ({ id, from: 'the object store' }))
}
