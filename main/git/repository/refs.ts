import { type GitOptions, gitQuickly } from '../process/git.ts'

/** A commit from which a task may start, and what decides how it is cloned. */
export interface StartingPoint {
  readonly commit: string
  /** Whether it has `flake.nix` at its top, and `.gitmodules`. */
  readonly hasFlake: boolean
  readonly hasSubmodules: boolean
}

/** What a revision stands for, by one git process; null where that is no commit. */
export async function startingPoint(
  options: GitOptions,
  revision: string,
  signal?: AbortSignal,
): Promise<StartingPoint | null> {
  const commitOf = `${revision}^{commit}`
  const asked = [commitOf, `${revision}:flake.nix`, `${revision}:.gitmodules`, commitOf]
  const input = asked.map((line) => `${line}\n`).join('')
  const { stdout } = await gitQuickly(['cat-file', '--batch-check'], { ...options, input }, signal)
  const [commit, flake, submodules, after] = stdout
    .split('\n')
    .map((line) => /^([0-9a-f]+) (?:commit|blob) \d+$/.exec(line)?.[1])
  if (commit === undefined) return null
  // A branch that moved between the questions had its answers from two commits.
  if (after !== commit) return await startingPoint(options, commit, signal)
  return { commit, hasFlake: flake !== undefined, hasSubmodules: submodules !== undefined }
}
