import { checkedFetch } from './checked-fetch.ts'
import type { Tip } from './find-tips.ts'
import { gitQuickly, utf8 } from './git.ts'
import { findOversized, sizeLimits } from './oversized-objects.ts'

/** Where the work was found, or why none of the tips could be had. */
export type Import =
  | { readonly kind: 'imported'; readonly tip: Tip; readonly refused: readonly string[] }
  | { readonly kind: 'nothing'; readonly refused: readonly string[] }

/** Under which name the imported commit stands in the receiving repository. */
export const importedRef = 'refs/heads/imported'

/**
 * Fetches the first of the tips that is whole, of bearable size and passes git's own checks, with its history since the start, from a view over
 * a clone's objects into a host-owned repository. `stale` tips, that hold nothing beyond the start, wait for better ones.
 */
export async function importCommits(
  options: {
    readonly view: string
    readonly receiver: string
    readonly startCommit: string
    readonly tips: readonly Tip[]
  },
  signal?: AbortSignal,
): Promise<Import> {
  const refused: string[] = []
  let nothingNew: Tip | undefined
  for (const tip of options.tips) {
    if (await isAncestor(options, tip.commit, signal)) {
      nothingNew ??= tip
      continue
    }
    const problem = await fetchTip(options, tip.commit, signal)
    if (problem === undefined) return { kind: 'imported', tip, refused }
    refused.push(`The commit ${tip.commit.slice(0, 12)} of ${tip.from} was refused: ${problem}`)
  }
  if (nothingNew) return { kind: 'imported', tip: { ...nothingNew, commit: options.startCommit }, refused }
  return { kind: 'nothing', refused }
}

async function isAncestor(
  { receiver, startCommit }: { readonly receiver: string; readonly startCommit: string },
  commit: string,
  signal?: AbortSignal,
): Promise<boolean> {
  if (commit === startCommit) return true
  const args = ['merge-base', '--is-ancestor', commit, startCommit]
  // Asked where only the user's own objects are: a commit that is not there is no ancestor.
  return (await gitQuickly(args, inside(receiver), signal)).exitCode === 0
}

async function fetchTip(
  { view, receiver, startCommit }: { readonly view: string; readonly receiver: string; readonly startCommit: string },
  commit: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const result = await checkedFetch(
    { from: view, commit, ref: importedRef, commonCommit: startCommit },
    inside(receiver),
    signal,
  )
  if (result.exitCode === 0) return await findOversized({ commit, startCommit }, inside(receiver), sizeLimits, signal)
  const lines = utf8(result.stderr)
    .split('\n')
    .filter((line) => /^(fatal|error|remote: (fatal|error)):/.test(line))
  return (lines.at(0) ?? 'git could not read it').slice(0, 300)
}

const inside = (gitDirectory: string) => ({ cwd: gitDirectory, trust: 'none', env: { GIT_DIR: gitDirectory } }) as const
