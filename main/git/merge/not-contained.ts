import type { GitOptions } from '../process/git.ts'
import { userPrograms } from '../publish/user-programs.ts'
import { locateRepository } from '../repository/inspect-repository.ts'
import { openQuarantine } from './quarantine.ts'
import { listSteps, replayCommits, type Step } from './replay-commits.ts'

/** Of commits that have the author and date of one that is looked for, which a rebase keeps: more are not tried. */
const mostCandidates = 8

/** Looking at more commits than this takes too long to be worth it: then none is taken for proven. */
const mostCommits = 500

/**
 * The commits of a task of which it is not proven that what was merged in their place holds them. A commit is proven when its change,
 * put onto a merged commit, changes nothing there: what a rebase carried over is, what was skipped, or resolved in other words, is not.
 * Messages, authors and dates prove nothing: who resolves writes them.
 */
export async function notContained(
  {
    repoPath,
    startCommit,
    commit,
    merged,
  }: {
    readonly repoPath: string
    /** The task's commits are those after this one. */
    readonly startCommit: string
    readonly commit: string
    /** The branch before and after the merge in their place. */
    readonly merged: { readonly from: string; readonly to: string }
  },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { path, commonDirectory, objectFormat } = await locateRepository(repoPath, signal)
  const call: GitOptions = { cwd: path, trust: 'user' }
  const steps = await listSteps({ from: startCommit, to: commit, onto: merged.to }, call, signal)
  if (steps.length > mostCommits) return steps.map(({ id }) => id)
  const arrived = await listSteps({ from: merged.from, to: merged.to, onto: merged.from }, call, signal)
  const { off: env } = await userPrograms(call, signal)
  await using quarantine = await openQuarantine(commonDirectory, objectFormat)
  const changesNothing = async ({ id }: Step, onto: string): Promise<boolean> => {
    const one = { path, objectFormat, quarantine, env, from: `${id}^`, to: id, onto, ids: [id] }
    const replay = await replayCommits(one, signal)
    return replay.kind === 'replayed' && replay.commits === 0
  }
  const missing: string[] = []
  for (const step of steps) {
    const alike = arrived.filter((other) => other.commit.author === step.commit.author).slice(0, mostCandidates)
    const candidates = [merged.to, ...alike.map(({ id }) => id).filter((id) => id !== merged.to)]
    let isProven = false
    for (const onto of candidates) {
      isProven = await changesNothing(step, onto)
      if (isProven) break
    }
    if (!isProven) missing.push(step.id)
  }
  return missing
}
