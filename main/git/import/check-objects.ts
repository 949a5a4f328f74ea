import { PassThrough } from 'node:stream'
import { cut } from '../../core/cut.ts'
import { shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { recordsOf, streamGit } from '../process/stream-git.ts'
import { lfsObjectId, longestPointer } from '../repository/lfs-pointer.ts'
import { ByteReader } from '../survey/byte-reader.ts'
import { type ReservedName, reservedName } from '../survey/reserved-names.ts'

/** Bytes that objects may have once they are unpacked, by their type, and how many there may be. */
export interface ObjectLimits {
  readonly file: number
  /** All new files of a task together. */
  readonly total: number
  readonly tree: number
  /** All new trees together. */
  readonly trees: number
  readonly commit: number
  readonly tag: number
  readonly count: number
}

const mib = 1024 ** 2
/** A file of zeros, or a message of one letter, takes a thousandth of its size in a pack. */
export const objectLimits: ObjectLimits = {
  file: 2048 * mib,
  total: 16_384 * mib,
  tree: 64 * mib,
  trees: 4096 * mib,
  commit: mib,
  tag: mib,
  count: 5_000_000,
}

export interface ObjectsRange {
  /** Commits, or tags of them. */
  readonly ids: readonly string[]
  readonly startCommit: string
}

export interface CheckedObjects {
  /** What is too large or has a name that it must not have; undefined when nothing is. */
  readonly problem: string | undefined
  /** Git LFS objects that the files point to, where they were asked for. */
  readonly lfsIds: ReadonlySet<string>
}

const chunk = 2_000

/**
 * Looks at every object that commits bring beyond the start, whatever its type, before anything of it reaches the user's repository.
 * Sizes are asked for first, so that nothing huge is ever unpacked here; memory does not grow with the number of objects.
 */
export async function checkObjects(
  range: ObjectsRange,
  options: GitOptions,
  { limits = objectLimits, wantsPointers = false }: { limits?: ObjectLimits; wantsPointers?: boolean } = {},
  signal?: AbortSignal,
): Promise<CheckedObjects> {
  const lfsIds = new Set<string>()
  const problem = await findProblem(range, options, limits, wantsPointers ? lfsIds : null, signal)
  return { problem, lfsIds }
}

async function findProblem(
  range: ObjectsRange,
  options: GitOptions,
  limits: ObjectLimits,
  lfsIds: Set<string> | null,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const input = [...range.ids, `^${range.startCommit}`].map((line) => `${line}\n`).join('')
  await using listing = streamGit(
    // Names of paths would multiply what the guest has to store: trees within trees repeat them.
    ['rev-list', '--objects', '--no-object-names', '--missing=allow-any', '--stdin'],
    { ...options, input },
    signal,
  )
  await using batch = openBatch(options, signal)
  let ids: string[] = []
  let count = 0
  const sums = { files: 0, trees: 0 }
  const look = async (): Promise<string | undefined> => {
    const wanted: { id: string; kind: 'tree' | 'blob'; size: number }[] = []
    for (const { id, kind, size } of await batch.info(ids)) {
      if (kind === 'missing') continue // A partial clone lacks it, and so does the user's repository.
      if (kind === 'blob') {
        sums.files += size
        if (size > limits.file)
          return `${await pathOf(id, range, options, signal)} is larger than ${inWords(limits.file)}`
        if (lfsIds && size > 100 && size <= longestPointer) wanted.push({ id, kind, size })
      } else if (size > limits[kind]) return `a ${kind} in it is larger than ${inWords(limits[kind])}`
      else if (kind === 'tree') {
        sums.trees += size
        wanted.push({ id, kind, size })
      }
    }
    if (sums.files > limits.total) return `its files are larger than ${inWords(limits.total)} in all`
    if (sums.trees > limits.trees) return `its folders are larger than ${inWords(limits.trees)} in all`
    for await (const { kind, content } of batch.contents(wanted)) {
      if (kind === 'blob') {
        const id = lfsObjectId(content.toString('latin1'))
        if (id !== undefined) lfsIds?.add(id)
        continue
      }
      const name = reservedEntry(content, range.startCommit.length / 2)
      if (name !== undefined && !(await isInTree(name.name, range.startCommit, options, signal)))
        return `it holds ${cut(shownPath(name.name), 100)}, which some systems take for ${name.for}`
    }
    ids = []
    return undefined
  }
  for await (const id of recordsOf(listing.stdout, '\n', { bytes: limits.count * 65 })) {
    count += 1
    if (count > limits.count) return `it holds more than ${limits.count} objects`
    ids.push(id)
    const problem = ids.length < chunk ? undefined : await look()
    if (problem !== undefined) return problem
  }
  await listing.succeeded()
  return await look()
}

/** The first name in a raw tree that no commit may bring. */
function reservedEntry(tree: Buffer, idLength: number): { name: string; for: ReservedName } | undefined {
  for (let at = 0; at < tree.length; ) {
    const blank = tree.indexOf(32, at)
    const nul = tree.indexOf(0, blank)
    if (blank < 0 || nul < 0) return undefined // git's own check has refused such a tree.
    const name = tree.toString('latin1', blank + 1, nul)
    const reserved = reservedName(name)
    if (reserved !== undefined) return { name, for: reserved }
    at = nul + 1 + idLength
  }
  return undefined
}

/** Whether the user's own files have it already: such a repository has its tasks all the same. */
async function isInTree(name: string, commit: string, options: GitOptions, signal?: AbortSignal): Promise<boolean> {
  await using listing = streamGit(['ls-tree', '-r', '-t', '-z', '--name-only', commit], options, signal)
  for await (const path of recordsOf(listing.stdout, '\0', { bytes: 2 ** 32 })) {
    if (path === name || path.endsWith(`/${name}`)) return true
  }
  await listing.succeeded()
  return false
}

async function pathOf(id: string, range: ObjectsRange, options: GitOptions, signal?: AbortSignal): Promise<string> {
  const input = [...range.ids, `^${range.startCommit}`].map((line) => `${line}\n`).join('')
  await using listing = streamGit(
    ['rev-list', '--objects', '--missing=allow-any', '--stdin'],
    { ...options, input },
    signal,
  )
  try {
    for await (const line of recordsOf(listing.stdout, '\n', { bytes: 64 * mib })) {
      if (line.startsWith(`${id} `)) return cut(shownPath(line.slice(id.length + 1)), 200)
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof Error)) throw error
    // The listing is too long to search: the file is named by its id.
  }
  return `the file ${id.slice(0, 12)}`
}

interface Batch extends AsyncDisposable {
  info(
    ids: readonly string[],
  ): Promise<readonly { id: string; kind: 'blob' | 'tree' | 'commit' | 'tag' | 'missing'; size: number }[]>
  contents<Wanted extends { id: string; size: number }>(
    wanted: readonly Wanted[],
  ): AsyncGenerator<Wanted & { content: Buffer }>
}

/** `git cat-file --batch-command`: asked for many at once, so that no answer is waited for by itself. */
function openBatch(options: GitOptions, signal?: AbortSignal): Batch {
  const questions = new PassThrough()
  const { input: _, ...rest } = options
  const stream = streamGit(['cat-file', '--batch-command', '--buffer'], { ...rest, feed: questions }, signal)
  const reader = new ByteReader(stream.stdout)
  const answer = async () => {
    const line = await reader.line()
    if (line === undefined) {
      await stream.succeeded()
      throw new Error('git ended before it had answered')
    }
    const [id = '', kind = 'missing', size] = line.split(' ')
    return { id, kind: kind as 'blob' | 'tree' | 'commit' | 'tag' | 'missing', size: Number(size ?? 0) }
  }
  return {
    info: async (ids) => {
      if (ids.length === 0) return []
      questions.write(`${ids.map((id) => `info ${id}\n`).join('')}flush\n`)
      const answers = []
      for (const _ of ids) answers.push(await answer())
      return answers
    },
    async *contents(wanted) {
      if (wanted.length === 0) return
      questions.write(`${wanted.map(({ id }) => `contents ${id}\n`).join('')}flush\n`)
      for (const one of wanted) {
        const { size } = await answer()
        const content = await reader.bytes(size + 1)
        yield { ...one, content: content.subarray(0, -1) }
      }
    },
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  }
}

const inWords = (bytes: number): string =>
  bytes >= 1024 ** 3
    ? `${Math.round(bytes / 1024 ** 3)} GiB`
    : bytes >= mib
      ? `${Math.round(bytes / mib)} MiB`
      : `${bytes} bytes`
