import { type PathList, pathList } from '../../core/bounded-list.ts'
import type { Range } from '../changes/list-changes.ts'
import { branchTip } from '../repository/branch-tip.ts'
import { locateRepository } from '../repository/inspect-repository.ts'
import { openQuarantine } from './quarantine.ts'
import { replayCommits } from './replay-commits.ts'

export type AsMerged<Result> =
  | { readonly kind: 'merged'; readonly result: Result }
  | ({ readonly kind: 'conflicts' } & PathList)
  /** There is no branch, or the commits cannot be put onto it one by one. */
  | { readonly kind: 'impossible'; readonly why: 'branch_gone' | 'merge_commits' }

/** Looks at what a merge of the task's commits would do to the branch as it is now, and merges nothing. */
export async function asMerged<Result>(
  {
    repoPath,
    startCommit: from,
    commit: to,
    branch,
  }: {
    readonly repoPath: string
    readonly startCommit: string
    readonly commit: string
    readonly branch: string | null
  },
  look: (range: Range) => Promise<Result>,
  signal?: AbortSignal,
): Promise<AsMerged<Result>> {
  const { path, commonDirectory, objectFormat } = await locateRepository(repoPath, signal)
  const onto = branch === null ? null : await branchTip(path, branch, signal)
  if (onto === null) return { kind: 'impossible', why: 'branch_gone' }
  await using quarantine = await openQuarantine(commonDirectory, objectFormat)
  const replay = await replayCommits({ path, objectFormat, quarantine, from, to, onto }, signal)
  if (replay.kind === 'conflicts') return { kind: 'conflicts', ...pathList(replay.files) }
  if (replay.kind === 'merge-commits') return { kind: 'impossible', why: 'merge_commits' }
  return {
    kind: 'merged',
    result: await look({ repoPath, from: onto, to: replay.commit, objects: quarantine.reading }),
  }
}
