import type { Selection } from '../core/merge.ts'
import { shownPath } from './byte-path.ts'
import { type CommitObject, formatCommit, parseCommit } from './commit-object.ts'
import { type GitOptions, gitOrThrow, gitQuickly } from './git.ts'
import { mergeApart } from './merge-apart.ts'
import { type Collision, chooseMerge, collidingPaths, type Merged } from './merge-trees.ts'
import { openObjectReader } from './object-reader.ts'
import type { Quarantine } from './quarantine.ts'
import { readObjects } from './read-objects.ts'

export type Replay =
  /** `commit` is `onto` itself when every commit became empty. */
  | { readonly kind: 'replayed'; readonly commit: string; readonly commits: number }
  | { readonly kind: 'conflicts'; readonly files: readonly string[]; readonly subject: string }
  | { readonly kind: 'merge-commits' }

export interface ReplayOptions {
  readonly path: string
  readonly objectFormat: 'sha1' | 'sha256'
  readonly quarantine: Quarantine
  /** Exclusive; what the task started from. */
  readonly from: string
  readonly to: string
  readonly onto: string
  /** Asked when a commit collides: the tree that a person made of it, or null to stop there. */
  readonly settle?: Settle
  /** Only these of the commits, in their order. */
  readonly only?: ReadonlySet<string>
  /** New messages by commit; latin1, one character a byte. */
  readonly messages?: ReadonlyMap<string, string>
}

/** How a replay is told of it. */
export const selectionOptions = ({ only, messages }: Selection = {}): Pick<ReplayOptions, 'only' | 'messages'> => ({
  ...(only && { only: new Set(only) }),
  ...(messages && {
    messages: new Map(Object.entries(messages).map(([id, text]) => [id, Buffer.from(text).toString('latin1')])),
  }),
})

/** A commit that collides with what it is put onto. */
export interface Stop {
  readonly id: string
  readonly commit: CommitObject
  readonly parentTree: string
  readonly headTree: string
  readonly collision: Collision
}
/** `call` reads the repository and the quarantine, and writes to the quarantine. */
export type Settle = (stop: Stop, call: GitOptions, signal?: AbortSignal) => Promise<string | null>

export interface Step {
  readonly id: string
  readonly commit: CommitObject
}

/** The commits of `from..to` that `onto` has not, in the order in which they are replayed. */
export async function listSteps(
  { from, to, onto }: Pick<ReplayOptions, 'from' | 'to' | 'onto'>,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<readonly Step[]> {
  const range = ['rev-list', '--reverse', '--topo-order', to, `^${from}`, `^${onto}`]
  const ids = (await gitOrThrow(range, call, signal)).stdout.split('\n').filter(Boolean)
  const commits = await readCommits(call, ids, signal)
  return ids.map((id, index): Step => {
    const commit = commits[index]
    if (!commit) throw new Error(`git did not answer for ${id}`)
    return { id, commit }
  })
}

/**
 * Rebases `from..to` onto a commit in the object database: no work tree, no index, no reference changes. Author, date, message and
 * their bytes stay; commits that become empty are dropped, those that were empty stay.
 */
export async function replayCommits(options: ReplayOptions, signal?: AbortSignal): Promise<Replay> {
  const { from, to, onto } = options
  const call: GitOptions = { cwd: options.path, trust: 'user', env: options.quarantine.writing }
  const [steps, replay] = await Promise.all([listSteps(options, call, signal), replayer(options, call, signal)])
  const plain = steps.filter(({ commit }) => commit.parents.length < 2)
  const { only, settle } = options
  if (plain.length < steps.length) {
    // A merge can be left out when its side branches, one after the other, give the same files.
    const [last] = await readCommits(call, [to], signal)
    const straight = await replay(plain, from)
    if (straight.kind !== 'replayed' || (await treeOf(call, straight.commit, signal)) !== last?.tree) {
      return { kind: 'merge-commits' }
    }
  }
  return await replay(only ? plain.filter(({ id }) => only.has(id)) : plain, onto, settle)
}

type Replayer = (
  steps: readonly Step[],
  onto: string,
  settle?: Settle,
) => Promise<Exclude<Replay, { kind: 'merge-commits' }>>

async function replayer(options: ReplayOptions, call: GitOptions, signal?: AbortSignal): Promise<Replayer> {
  const { quarantine, messages } = options
  const committer = await committerIdentity(call, signal)
  const merge = chooseMerge(quarantine, call, signal)
  return async (steps, onto, settle) => {
    await using reader = await openObjectReader(call, signal)
    const parentTrees = new Map<string, string>()
    for (const id of new Set([onto, ...steps.flatMap(({ commit }) => commit.parents)]))
      parentTrees.set(id, parseCommit(await reader.read(id, 'commit')).tree)
    const emptyTree = options.objectFormat === 'sha256' ? emptyTrees.sha256 : emptyTrees.sha1
    let head = onto
    let headTree = parentTrees.get(onto) ?? ''
    let count = 0
    for (const { id, commit } of steps) {
      signal?.throwIfAborted()
      const [parent] = commit.parents
      const parentTree = parent === undefined ? emptyTree : (parentTrees.get(parent) ?? '')
      let tree: string
      if (headTree === parentTree) tree = commit.tree
      else if (commit.tree === parentTree) tree = headTree
      else {
        const apart = await mergeApart({ base: parentTree, ours: headTree, theirs: commit.tree }, reader, quarantine)
        const merged: Merged =
          apart === undefined
            ? await merge({ commit, id, parent, parentTree, head, headTree })
            : { kind: 'merged', tree: apart }
        if (merged.kind === 'merged') tree = merged.tree
        else {
          const { collision } = merged
          const settled = await settle?.({ id, commit, parentTree, headTree, collision }, call, signal)
          if (settled == null) {
            return { kind: 'conflicts', files: collidingPaths(collision).map(shownPath), subject: subjectOf(commit) }
          }
          tree = settled
        }
      }
      const wasEmpty = commit.tree === parentTree
      if (tree === headTree && !wasEmpty) continue
      head = await quarantine.writeCommit(
        formatCommit({
          ...commit,
          message: messages?.get(id) ?? commit.message,
          tree,
          parents: [head],
          committer: committer ?? commit.committer,
        }),
      )
      headTree = tree
      count += 1
    }
    return { kind: 'replayed', commit: head, commits: count }
  }
}

const emptyTrees = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
}

const readCommits = async (call: GitOptions, ids: readonly string[], signal?: AbortSignal): Promise<CommitObject[]> =>
  (await readObjects(call, 'commit', ids, signal)).map(parseCommit)

async function treesOf(
  call: GitOptions,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids)]
  const commits = await readCommits(call, wanted, signal)
  return new Map(wanted.map((id, index) => [id, commits[index]?.tree ?? '']))
}

const treeOf = async (call: GitOptions, id: string, signal?: AbortSignal) => (await treesOf(call, [id], signal)).get(id)

/** The user's, as any rebase of theirs would note; undefined when git does not know one. */
async function committerIdentity(call: GitOptions, signal?: AbortSignal): Promise<string | undefined> {
  const result = await gitQuickly(['var', 'GIT_COMMITTER_IDENT'], call, signal)
  return result.exitCode === 0 ? result.stdout.trim() : undefined
}

export const subjectOf = ({ message }: CommitObject) =>
  Buffer.from(message.trimStart().split('\n')[0] ?? '', 'latin1')
    .toString('utf8')
    .slice(0, 200)
