import { GitError, type GitOptions, gitQuickly } from '../process/git.ts'
import { type ObjectReader, ObjectTooLarge } from '../process/objects.ts'
import { parseCommit } from './commit-object.ts'

/** Commits that only one of a branch and a task's work has. */
export interface Apart {
  readonly inBranch: number
  /** The oldest first. */
  readonly inWork: readonly string[]
  /** Commits of both on which those of one of them were made. */
  readonly shared: ReadonlySet<string>
}

/** A longer line of commits is read by git, which needs a process of its own for it and less time for each. */
const longestLine = 100

/**
 * How far a branch's tip and a commit have gone apart. Null when there is no such commit in the repository. The usual case, one line of
 * commits on a branch that did not move, is read by the reader that is there already.
 */
export async function listApart(
  user: GitOptions,
  tip: string,
  commit: string,
  reader: Pick<ObjectReader, 'read'>,
  signal?: AbortSignal,
): Promise<Apart | null> {
  return (await lineUpFrom(tip, commit, reader)) ?? (await compareHistories(user, tip, commit, signal))
}

/** Undefined unless the commit stands on the tip by a short line of commits with one parent each. */
async function lineUpFrom(tip: string, commit: string, reader: Pick<ObjectReader, 'read'>): Promise<Apart | undefined> {
  const inWork: string[] = []
  for (let id = commit; id !== tip; ) {
    inWork.unshift(id)
    const [parent, another] = await parentsOf(id, reader)
    if (parent === undefined || another !== undefined || inWork.length > longestLine) return undefined
    id = parent
  }
  return { inBranch: 0, inWork, shared: new Set([tip]) }
}

/** None of a commit that cannot be read: git tells then what is missing, and whether that matters. */
async function parentsOf(id: string, reader: Pick<ObjectReader, 'read'>): Promise<readonly string[]> {
  try {
    return parseCommit(await reader.read(id, 'commit')).parents
  } catch (error) {
    if (error instanceof ObjectTooLarge) throw error
    return []
  }
}

async function compareHistories(
  user: GitOptions,
  tip: string,
  commit: string,
  signal?: AbortSignal,
): Promise<Apart | null> {
  const args = ['rev-list', '--left-right', '--boundary', '--reverse', '--topo-order', `${tip}...${commit}`]
  const result = await gitQuickly(args, user, signal)
  if (result.exitCode !== 0) {
    const present = await gitQuickly(['cat-file', '-e', `${commit}^{commit}`], user, signal)
    if (present.exitCode !== 0) return null
    throw new GitError(args, result)
  }
  return parseApart(result.stdout)
}

/** The output of `rev-list --left-right --boundary`: a sign before each commit. Pure. */
function parseApart(output: string): Apart {
  const marked = (sign: string) => output.split('\n').flatMap((line) => (line.startsWith(sign) ? [line.slice(1)] : []))
  return { inBranch: marked('<').length, inWork: marked('>'), shared: new Set(marked('-')) }
}
