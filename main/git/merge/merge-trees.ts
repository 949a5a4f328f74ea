import { GitError, type GitOptions, gitOrThrow, gitQuickly, zeroSeparated } from '../process/git.ts'
import { type CommitObject, formatCommit } from './commit-object.ts'
import type { Quarantine } from './quarantine.ts'

/** One commit, and what it is to be put onto. */
export interface MergeInput {
  readonly commit: CommitObject
  readonly id: string
  readonly parent: string | undefined
  readonly parentTree: string
  readonly head: string
  readonly headTree: string
}

/** An entry of git's index for a file that did not merge: 1 is the base, 2 the branch's, 3 the commit's. */
interface Stage {
  readonly stage: 1 | 2 | 3
  readonly mode: string
  readonly id: string
  /** Latin1: one character a byte. */
  readonly path: string
}

/** What git says of a merge: `type` is a stable word such as `CONFLICT (contents)`. */
export interface MergeNote {
  readonly type: string
  readonly paths: readonly string[]
}

/** A merge that stopped. */
export interface Collision {
  /** All that merged, and of what did not what git makes of it: markers, made-up names. */
  readonly tree: string
  readonly stages: readonly Stage[]
  readonly notes: readonly MergeNote[]
  /** What git called the two sides; a made-up name ends in `~` and one of them. */
  readonly labels: { readonly ours: string; readonly theirs: string }
}

export type Merged =
  | { readonly kind: 'merged'; readonly tree: string }
  | { readonly kind: 'conflicts'; readonly collision: Collision }

/**
 * How this git merges with a base of our choosing: `--merge-base` came with 2.40. Before that, two commits made for the purpose have the
 * wanted base as their only parent, which gives the same.
 */
export function chooseMerge(
  quarantine: Quarantine,
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
    if (takesBase && parent !== undefined)
      return await mergeTree([`--merge-base=${parent}`], { ours: head, theirs: id }, call, signal)
    const made = { author: commit.author, committer: commit.author, extra: [], message: '' }
    const write = (tree: string, parents: string[]) =>
      quarantine.writePassingCommit(formatCommit({ ...made, tree, parents }))
    const base = parent ?? (await write(parentTree, []))
    const ours = await write(headTree, [base])
    const theirs = parent === undefined ? await write(commit.tree, [base]) : id
    return await mergeTree([], { ours, theirs }, call, signal)
  }
}

async function mergeTree(
  options: readonly string[],
  labels: Collision['labels'],
  call: GitOptions,
  signal?: AbortSignal,
): Promise<Merged> {
  const args = ['merge-tree', '--write-tree', '-z', '--messages', ...options, labels.ours, labels.theirs]
  const result = await gitQuickly(args, call, signal)
  if (result.exitCode !== 0 && result.exitCode !== 1) throw new GitError(args, result)
  const [first = '', ...fields] = zeroSeparated(result.stdout)
  const tree = first.trim()
  if (result.exitCode === 0) return { kind: 'merged', tree }
  const end = fields.indexOf('')
  return {
    kind: 'conflicts',
    collision: {
      tree,
      labels,
      stages: fields.slice(0, end < 0 ? undefined : end).map(parseStage),
      notes: end < 0 ? [] : parseNotes(fields.slice(end + 1)),
    },
  }
}

/** `MODE ID STAGE\tPATH`. */
function parseStage(field: string): Stage {
  const tab = field.indexOf('\t')
  const [mode = '', id = '', stage = ''] = field.slice(0, tab).split(' ')
  return { mode, id, stage: Number(stage) as Stage['stage'], path: field.slice(tab + 1) }
}

/** Each: the number of its paths, the paths, the type, the text. */
function parseNotes(fields: readonly string[]): MergeNote[] {
  const notes: MergeNote[] = []
  for (let at = 0; at < fields.length; ) {
    const count = Number(fields[at])
    notes.push({ paths: fields.slice(at + 1, at + 1 + count), type: fields[at + 1 + count] ?? '' })
    at += count + 3
  }
  return notes
}

/** Every path that did not merge, once, in git's order. */
export const collidingPaths = ({ stages, notes }: Collision): string[] =>
  stages.length > 0
    ? [...new Set(stages.map(({ path }) => path))]
    : [...new Set(notes.flatMap(({ type, paths }) => (type.startsWith('CONFLICT') ? paths : [])))]
