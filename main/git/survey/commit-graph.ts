import { GitError, type GitOptions, gitQuickly } from '../process/git.ts'
import { OutputLimitError, recordsOf, streamGit } from '../process/stream-git.ts'

/** Commits that some tips reach and a task's start does not, with their parents. */
export class CommitGraph {
  readonly #parents: ReadonlyMap<string, readonly string[]>

  constructor(parents: ReadonlyMap<string, readonly string[]>) {
    this.#parents = parents
  }

  has(id: string): boolean {
    return this.#parents.has(id)
  }

  /** The commit and all that it reaches, without the start and what came before it. */
  reach(ids: Iterable<string>): ReadonlySet<string> {
    const found = new Set<string>()
    const pending = [...ids].filter((id) => this.#parents.has(id))
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (found.has(id)) continue
      found.add(id)
      for (const parent of this.#parents.get(id) ?? []) if (this.#parents.has(parent)) pending.push(parent)
    }
    return found
  }

  /** The part of it that holds these commits. */
  only(ids: ReadonlySet<string>): CommitGraph {
    return new CommitGraph(new Map([...this.#parents].filter(([id]) => ids.has(id))))
  }

  with(other: CommitGraph): CommitGraph {
    return new CommitGraph(new Map([...this.#parents, ...other.#parents]))
  }

  /** Whether one of the commits that it reaches was made on the start, or on one before it. */
  isRelated(id: string): boolean {
    for (const commit of this.reach([id])) {
      if (this.#parents.get(commit)?.some((parent) => !this.#parents.has(parent))) return true
    }
    return false
  }

  /** Those of the commits that no other of them reaches, in their order. */
  heads(ids: Iterable<string>): string[] {
    const wanted = [...new Set(ids)].filter((id) => this.#parents.has(id))
    if (wanted.length < 2) return wanted
    const reached = new Set<string>()
    for (const id of this.reach(wanted)) for (const parent of this.#parents.get(id) ?? []) reached.add(parent)
    return wanted.filter((id) => !reached.has(id))
  }
}

/** 500,000 commits, of two ids and a little each. */
const mostBytes = 500_000 * 100

/**
 * Reads the graph of everything that the ids reach beyond the start. Ids of anything but commits and tags, and of what is not there,
 * are left out; null when part of the history is missing or it is too long.
 */
export async function readGraph(
  ids: readonly string[],
  startCommit: string,
  options: GitOptions,
  signal?: AbortSignal,
): Promise<CommitGraph | null> {
  const parents = new Map<string, readonly string[]>()
  const input = [`^${startCommit}`, ...ids].map((line) => `${line}\n`).join('')
  await using listing = streamGit(
    ['rev-list', '--parents', '--ignore-missing', '--stdin'],
    { ...options, input },
    signal,
  )
  try {
    for await (const line of recordsOf(listing.stdout, '\n', { bytes: mostBytes, recordBytes: 2 ** 21 })) {
      const [id = '', ...of] = line.split(' ')
      parents.set(id, of)
    }
    await listing.succeeded()
  } catch (error) {
    if (error instanceof GitError || error instanceof OutputLimitError) return null
    throw error
  }
  return new CommitGraph(parents)
}

export type ObjectKind = 'commit' | 'tag' | 'tree' | 'blob' | 'missing'

/** What each id is, and the commit or other object that it stands for when it is a tag. */
export async function kindsOf(
  ids: readonly string[],
  options: GitOptions,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, { readonly kind: ObjectKind; readonly peeled: string | undefined }>> {
  const kinds = new Map<string, { kind: ObjectKind; peeled: string | undefined }>()
  if (ids.length === 0) return kinds
  const ask = async (questions: readonly string[]): Promise<readonly (readonly [string, ObjectKind])[]> => {
    const input = questions.map((question) => `${question}\n`).join('')
    const result = await gitQuickly(['cat-file', '--batch-check'], { ...options, input }, signal)
    const answers = result.stdout.split('\n')
    return questions.map((_, index) => {
      const [, id = '', kind = 'missing'] = /^([0-9a-f]+) (commit|tag|tree|blob) \d+$/.exec(answers[index] ?? '') ?? []
      return [id, kind as ObjectKind]
    })
  }
  const answers = await ask(ids)
  for (const [index, id] of ids.entries()) {
    const kind = answers[index]?.[1] ?? 'missing'
    // git ends at a tag of a damaged object: each is asked about by itself.
    const peeled = kind === 'tag' ? (await ask([`${id}^{commit}`]))[0]?.[0] || undefined : undefined
    kinds.set(id, { kind, peeled: kind === 'commit' ? id : peeled })
  }
  return kinds
}
