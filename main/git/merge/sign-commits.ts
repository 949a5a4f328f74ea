import { type Trailer, withTrailers } from '../../core/merge/trailers.ts'
import type { ObjectReader } from '../process/objects.ts'
import { type CommitObject, formatCommit, parseCommit } from './commit-object.ts'
import type { Quarantine } from './quarantine.ts'

/**
 * Commits that go onto the branch as they are, with a sign on each that an agent made it: the task's own identity as committer is one,
 * and the trailers are. Those that bear none get the trailers, what is built on them new parents; parents, files, authors and dates stay
 * as they were otherwise. git sees the result in the quarantine.
 * @param ids All commits up to `commit` that the branch has not, each after its parents.
 * @param reader Of the repository's objects.
 * @returns the commit in place of `commit`; itself where all bear a sign.
 */
export async function signCommits(
  {
    reader,
    quarantine,
    ids,
    commit,
    taskId,
    trailers,
  }: {
    readonly reader: Pick<ObjectReader, 'read'>
    readonly quarantine: Quarantine
    readonly ids: readonly string[]
    readonly commit: string
    readonly taskId: string
    readonly trailers: readonly Trailer[]
  },
  signal?: AbortSignal,
): Promise<string> {
  const rewritten = new Map<string, string>()
  for (const id of ids) {
    signal?.throwIfAborted()
    const old = parseCommit(await reader.read(id, 'commit'))
    const parents = old.parents.map((parent) => rewritten.get(parent) ?? parent)
    const message = isOfTask(old, taskId) ? old.message : withTrailers(old.message, trailers)
    if (message === old.message && parents.every((parent, index) => parent === old.parents[index])) continue
    rewritten.set(id, await quarantine.writeCommit(formatCommit({ ...old, parents, message })))
  }
  if (rewritten.size > 0) await quarantine.flush()
  return rewritten.get(commit) ?? commit
}

const isOfTask = ({ committer }: CommitObject, taskId: string): boolean =>
  committer.startsWith(`Claude Task (${taskId}) <`)
