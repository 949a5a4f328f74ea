import { shownPath } from './byte-path.ts'
import { type CommitObject, formatCommit, parseCommit } from './commit-object.ts'
import { GitError, type GitOptions, gitOrThrow, gitQuickly } from './git.ts'
import { mergeApart } from './merge-apart.ts'
import { openObjectReader } from './object-reader.ts'
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
  /** Exclusive; what the task started from. */
  readonly from: string
  readonly to: string
  readonly onto: string
}

interface Step {
  readonly id: string
  readonly commit: CommitObject
}

/**
 * Rebases `from..to` onto a commit in the object database: no work tree, no index, no reference changes. Author, date, message and
 * their bytes stay; commits that become empty are dropped, those that were empty stay.
 */
export async function replayCommits(options: ReplayOptions, signal?: AbortSignal): Promise<Replay> {
  const { from, to, onto } = options
  const call: GitOptions = { cwd: options.path, trust: 'user', env: options.quarantine.writing }
  const range = ['rev-list', '--reverse', '--topo-order', to, `^${from}`, `^${onto}`]
  const [listed, replay] = await Promise.all([gitOrThrow(range, call, signal), replayer(options, call, signal)])
  const ids = listed.stdout.split('\n').filter(Boolean)
  const commits = await readCommits(call, ids, signal)
  const steps = ids.map((id, index): Step => {
    const commit = commits[index]
    if (!commit) throw new Error(`git did not answer for ${id}`)
    return { id, commit }
  })
  const plain = steps.filter(({ commit }) => commit.parents.length < 2)
  if (plain.length < steps.length) {
    // A merge can be left out when its side branches, one after the other, give the same files.
    const [last] = await readCommits(call, [to], signal)
    const straight = await replay(plain, from)
    if (straight.kind !== 'replayed' || (await treeOf(call, straight.commit, signal)) !== last?.tree) {
      return { kind: 'merge-commits' }
    }
  }
  return await replay(plain, onto)
}

type Replayer = (steps: readonly Step[], onto: string) => Promise<Exclude<Replay, { kind: 'merge-commits' }>>

async function replayer(options: ReplayOptions, call: GitOptions, signal?: AbortSignal): Promise<Replayer> {
  const { quarantine } = options
  const committer = await committerIdentity(call, signal)
  const merge = chooseMerge(options, call, signal)
  return async (steps, onto) => {
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
        if (merged.kind === 'conflicts') return { ...merged, subject: subjectOf(commit) }
        tree = merged.tree
      }
      const wasEmpty = commit.tree === parentTree
      if (tree === headTree && !wasEmpty) continue
      head = await quarantine.writeCommit(
        formatCommit({ ...commit, tree, parents: [head], committer: committer ?? commit.committer }),
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

interface MergeInput {
  readonly commit: CommitObject
  readonly id: string
  readonly parent: string | undefined
  readonly parentTree: string
  readonly head: string
  readonly headTree: string
}
type Merged =
  | { readonly kind: 'merged'; readonly tree: string }
  | { readonly kind: 'conflicts'; readonly files: string[] }

/**
 * How this git merges with a base of our choosing: `--merge-base` came with 2.40. Before that, two commits made for the purpose have the
 * wanted base as their only parent, which gives the same.
 */
function chooseMerge(
  { quarantine }: ReplayOptions,
  call: GitOptions,
  signal?: AbortSignal,
): (input: MergeInput) => Promise<Merged> {
  let takesBase: boolean | undefined
  const askVersion = async () => {
    const version = /(\d+)\.(\d+)/.exec((await gitOrThrow(['version'], call, signal)).stdout)
    return version !== null && (Number(version[1]) > 2 || Number(version[2]) >= 40)
  }
  return async ({ commit, id, parent, parentTree, head, headTree }) => {
    takesBase ??= await askVersion()
    const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages']
    if (takesBase && parent !== undefined)
      return await mergeTree([...args, `--merge-base=${parent}`, head, id], call, signal)
    const made = { author: commit.author, committer: commit.author, extra: [], message: '' }
    const write = (tree: string, parents: string[]) =>
      quarantine.writePassingCommit(formatCommit({ ...made, tree, parents }))
    const base = parent ?? (await write(parentTree, []))
    const ours = await write(headTree, [base])
    const theirs = parent === undefined ? await write(commit.tree, [base]) : id
    return await mergeTree([...args, ours, theirs], call, signal)
  }
}

async function mergeTree(args: readonly string[], call: GitOptions, signal?: AbortSignal): Promise<Merged> {
  const result = await gitQuickly(args, call, signal)
  const [tree = '', ...files] = result.stdout.split('\0')
  if (result.exitCode === 0) return { kind: 'merged', tree: tree.trim() }
  if (result.exitCode !== 1) throw new GitError(args, result)
  return { kind: 'conflicts', files: [...new Set(files.filter((file) => file !== ''))].map(shownPath) }
}

/** Raw commits, in the order of their ids. */
async function readCommits(call: GitOptions, ids: readonly string[], signal?: AbortSignal): Promise<CommitObject[]> {
  if (ids.length === 0) return []
  const input = ids.map((id) => `${id}\n`).join('')
  const { stdout } = await gitOrThrow(['cat-file', '--batch'], { ...call, input }, signal)
  const commits: CommitObject[] = []
  for (let at = 0; at < stdout.length; ) {
    const lineEnd = stdout.indexOf('\n', at)
    const [id, type, size] = stdout.slice(at, lineEnd).split(' ')
    if (type !== 'commit') throw new Error(`${id} is no commit here`)
    const start = lineEnd + 1
    commits.push(parseCommit(stdout.slice(start, start + Number(size))))
    at = start + Number(size) + 1
  }
  return commits
}

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

const subjectOf = ({ message }: CommitObject) =>
  Buffer.from(message.trimStart().split('\n')[0] ?? '', 'latin1')
    .toString('utf8')
    .slice(0, 200)
