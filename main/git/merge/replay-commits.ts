import type { Selection } from '../../core/merge/merge.ts'
import { type Trailer, withTrailers } from '../../core/merge/trailers.ts'
import { measureChange } from '../changes/measure-change.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, gitQuickly } from '../process/git.ts'
import { type ObjectReader, openObjectReader } from '../process/objects.ts'
import { userPrograms } from '../publish/user-programs.ts'
import { type CommitObject, formatCommit, parseCommit } from './commit-object.ts'
import { mergeApart } from './merge-disjoint.ts'
import { type Collision, chooseMerge, collidingPaths, type Merged, type MergeInput } from './merge-trees.ts'
import type { Quarantine } from './quarantine.ts'

export type Replay =
  /** `commit` is `onto` itself when every commit became empty. */
  | { readonly kind: 'replayed'; readonly commit: string; readonly commits: number }
  | { readonly kind: 'conflicts'; readonly files: readonly string[]; readonly subject: string }
  | { readonly kind: 'merge-commits' }

export interface ReplayOptions {
  readonly path: string
  readonly objectFormat: 'sha1' | 'sha256'
  readonly quarantine: Quarantine
  /** Of the repository and the quarantine, from who has one already. */
  readonly reader?: ObjectReader
  /** Environment under which git runs none of the user's programs, from who has asked `userPrograms` already. */
  readonly env?: Readonly<Record<string, string>>
  /** Exclusive; what the task started from. */
  readonly from: string
  readonly to: string
  readonly onto: string
  /** The commits of `from..to` that `onto` has not, the oldest first, from who knows them already. */
  readonly ids?: readonly string[]
  /** Asked when a commit collides: the tree that a person made of it, or null to stop there. */
  readonly settle?: Settle
  /** Only these of the commits, in their order. */
  readonly only?: ReadonlySet<string>
  /** New messages by commit; latin1, one character a byte. */
  readonly messages?: ReadonlyMap<string, string>
  /** Added to each message, see `withTrailers`. */
  readonly trailers?: readonly Trailer[]
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

type Range = Pick<ReplayOptions, 'from' | 'to' | 'onto'>

/** The commits of `from..to` that `onto` has not, in the order in which they are replayed. */
export async function listSteps(range: Range, call: GitOptions, signal?: AbortSignal): Promise<readonly Step[]> {
  await using reader = await openObjectReader(call, signal)
  return await readSteps(await listIds(range, call, signal), reader)
}

async function listIds({ from, to, onto }: Range, call: GitOptions, signal?: AbortSignal): Promise<readonly string[]> {
  const range = ['rev-list', '--reverse', '--topo-order', to, `^${from}`, `^${onto}`]
  return (await gitOrThrow(range, call, signal)).stdout.split('\n').filter(Boolean)
}

const readSteps = (ids: readonly string[], reader: ObjectReader): Promise<Step[]> =>
  Promise.all(ids.map(async (id) => ({ id, commit: await readCommit(id, reader) })))

/** Of a commit, what is kept of each while they are replayed: messages can be of any size, and there can be many. */
interface Outline {
  readonly id: string
  readonly tree: string
  readonly parents: number
}

const readAtOnce = 64

async function outlineSteps(ids: readonly string[], reader: ObjectReader): Promise<readonly Outline[]> {
  const outlines: Outline[] = []
  for (let at = 0; at < ids.length; at += readAtOnce) {
    for (const { id, commit } of await readSteps(ids.slice(at, at + readAtOnce), reader)) {
      outlines.push({ id, tree: copied(commit.tree), parents: commit.parents.length })
    }
  }
  return outlines
}

/** A part of a text keeps all of it in memory; its copy does not. */
const copied = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

const readCommit = async (id: string, reader: ObjectReader) => parseCommit(await reader.read(id, 'commit'))

/**
 * Rebases `from..to` onto a commit in the object database: no work tree, no index, no reference changes. Author, date, message and
 * their bytes stay; commits that become empty are dropped, those that were empty stay. git sees the result in the quarantine.
 */
export async function replayCommits(options: ReplayOptions, signal?: AbortSignal): Promise<Replay> {
  const off = options.env ?? (await userPrograms({ cwd: options.path, trust: 'user' }, signal)).off
  const call: GitOptions = { cwd: options.path, trust: 'user', env: { ...options.quarantine.writing, ...off } }
  if (options.reader) return await replayBy(options.reader, options, call, signal)
  await using reader = await openObjectReader(call, signal)
  return await replayBy(reader, options, call, signal)
}

async function replayBy(
  reader: ObjectReader,
  options: ReplayOptions,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<Replay> {
  const { from, to, onto, only, settle } = options
  const [steps, committer] = await Promise.all([
    Promise.resolve(options.ids ?? listIds(options, call, signal)).then((ids) => outlineSteps(ids, reader)),
    committerIdentity(call, signal),
  ])
  const replay = replayer(options, { call, reader, committer }, signal)
  const plain = steps.filter(({ parents }) => parents < 2)
  if (plain.length < steps.length) {
    // A merge can be left out when its side branches, one after the other, give the same files.
    const straight = await replay(plain, from)
    const wanted = await readCommit(to, reader)
    if (straight.kind !== 'replayed' || straight.tree !== wanted.tree) return { kind: 'merge-commits' }
  }
  return await replay(only ? plain.filter(({ id }) => only.has(id)) : plain, onto, settle)
}

type Replayer = (
  steps: readonly Outline[],
  onto: string,
  settle?: Settle,
) => Promise<
  (Extract<Replay, { kind: 'replayed' }> & { readonly tree: string }) | Extract<Replay, { kind: 'conflicts' }>
>

function replayer(
  { quarantine, messages, objectFormat, trailers = [] }: ReplayOptions,
  { call, reader, committer }: { call: GitOptions; reader: ObjectReader; committer: string | undefined },
  signal?: AbortSignal,
): Replayer {
  const mergeByGit = chooseMerge(quarantine, call, signal)
  const mergeOne = async (input: MergeInput): Promise<Merged> => {
    const { parentTree: base, headTree: ours, commit } = input
    const tree = await mergeApart({ base, ours, theirs: commit.tree }, reader, quarantine)
    if (tree !== undefined) return { kind: 'merged', tree }
    await measureChange(base, commit.tree, reader)
    await quarantine.flush()
    return await mergeByGit(input)
  }
  return async (steps, onto, settle) => {
    const known = new Map(steps.map(({ id, tree }) => [id, tree]))
    const treeOf = async (id: string) => known.get(id) ?? (await readCommit(id, reader)).tree
    let head = onto
    let headTree = await treeOf(onto)
    let count = 0
    for (const { id } of steps) {
      signal?.throwIfAborted()
      const commit = await readCommit(id, reader)
      const [parent] = commit.parents
      const parentTree = parent === undefined ? emptyTrees[objectFormat] : await treeOf(parent)
      let tree: string
      if (headTree === parentTree) tree = commit.tree
      else if (commit.tree === parentTree) tree = headTree
      else {
        const merged = await mergeOne({ commit, id, parent, parentTree, head, headTree })
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
          message: withTrailers(messages?.get(id) ?? commit.message, trailers),
          tree,
          parents: [head],
          committer: committer ?? commit.committer,
        }),
      )
      headTree = tree
      count += 1
    }
    await quarantine.flush()
    return { kind: 'replayed', commit: head, commits: count, tree: headTree }
  }
}

const emptyTrees = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
}

/** The user's, as any rebase of theirs would note; undefined when git does not know one. */
async function committerIdentity(call: GitOptions, signal?: AbortSignal): Promise<string | undefined> {
  const result = await gitQuickly(['var', 'GIT_COMMITTER_IDENT'], call, signal)
  return result.exitCode === 0 ? result.stdout.trim() : undefined
}

export const subjectOf = ({ message }: CommitObject) =>
  Buffer.from(message.trimStart().split('\n')[0] ?? '', 'latin1')
    .toString('utf8')
    .slice(0, 200)
