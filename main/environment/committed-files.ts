import { type GitOptions, gitOrThrow, utf8, zeroSeparated } from '../git/process/git.ts'
import { objectSizes, readObjects } from '../git/process/read-objects.ts'
import { OutputTooLarge } from '../lib/processes/output-too-large.ts'
import { interestIn } from './detect/detect.ts'
import type { RepositoryFile } from './detect/finding.ts'
import { decodeText, shown } from './detect/texts.ts'

/** What is read of a repository, however large it is. */
export const readingBounds = {
  /** The top and so many levels of folders below it. */
  depth: 3,
  folders: 400,
  files: 300,
  /** A larger file is known by its name alone. */
  fileBytes: 256 * 1024,
  allBytes: 4 * 1024 ** 2,
  listBytes: 32 * 1024 ** 2,
} as const

export interface CommittedFiles {
  readonly files: readonly RepositoryFile[]
  /** One sentence each: what was too much to be read. */
  readonly doubts: readonly string[]
}

/** Folders that hold other people's code, or what tests and readers are shown. */
const aside = new Set(
  `node_modules bower_components vendor third_party third-party external deps site-packages venv .venv target dist .git .yarn fixtures __fixtures__
  fixture testdata test-data test_data tests test __tests__ spec e2e examples example samples sample demos demo templates template docs doc
  .github bench benchmarks`.split(/\s+/),
)

interface Entry {
  readonly path: string
  readonly mode: string
  readonly id: string
}

/**
 * The files that say what the repository needs, as the commit has them that is checked out: a task sees nothing else. Links and
 * submodules are not followed. The order is git's.
 */
export async function committedFiles(repoPath: string, commit: string, signal?: AbortSignal): Promise<CommittedFiles> {
  // What a partial clone has not got is not fetched, and names of folders are no patterns.
  const env = { GIT_NO_LAZY_FETCH: '1', GIT_LITERAL_PATHSPECS: '1' }
  const call: GitOptions = { cwd: repoPath, trust: 'user', env, outputLimitBytes: readingBounds.listBytes }
  const doubts: string[] = []
  const entries = await listEntries(call, commit, doubts, signal)
  const links = entries.filter(({ mode, path }) => mode === '120000' && interestIn(path) !== 'none')
  for (const { path } of links.slice(0, 10)) doubts.push(`${shown(path)} is a link, and was not read`)
  const all = entries.filter(({ mode, path }) => mode.startsWith('100') && interestIn(path) !== 'none')
  const kept = all.slice(0, readingBounds.files)
  if (all.length > kept.length)
    doubts.push(`Of ${all.length} files that may say what is needed, ${kept.length} were read`)
  return { files: await readFiles(call, kept, doubts, signal), doubts }
}

/** Level by level, so that a repository of a million files costs no more than its upper folders. */
async function listEntries(
  call: GitOptions,
  commit: string,
  doubts: string[],
  signal?: AbortSignal,
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  let level: readonly string[] = ['']
  for (let depth = 0; depth <= readingBounds.depth && level.length > 0; depth += 1) {
    const here = level.slice(0, readingBounds.folders)
    if (level.length > here.length)
      doubts.push(`Of ${level.length} folders at one level, ${here.length} were looked into`)
    const args = ['ls-tree', '-z', '--full-tree', commit, ...(depth === 0 ? [] : ['--', ...here])]
    try {
      const { stdout } = await gitOrThrow(args, call, signal)
      const entries = zeroSeparated(stdout).flatMap(entryOf)
      found.push(...entries.filter(({ mode }) => mode !== '040000'))
      level = entries.filter(({ mode, path }) => mode === '040000' && isLookedInto(path)).map(({ path }) => `${path}/`)
    } catch (error) {
      if (!(error instanceof OutputTooLarge)) throw error
      doubts.push(
        `The folders ${depth === 0 ? 'at the top' : `${depth} below the top`} hold too many files to be looked at`,
      )
      return found
    }
  }
  return found
}

const isLookedInto = (path: string): boolean => !aside.has(path.slice(path.lastIndexOf('/') + 1).toLowerCase())

/** A path that is not UTF-8, or that would read as an option, is none that says what is needed. */
function entryOf(record: string): readonly Entry[] {
  const [, mode, id, bytes] = /^(\d{6}) \w+ ([0-9a-f]+)\t([\s\S]+)$/.exec(record) ?? []
  if (mode === undefined || id === undefined || bytes === undefined) return []
  const path = utf8(bytes)
  return path.includes('\ufffd') || path.startsWith('-') ? [] : [{ path, mode, id }]
}

async function readFiles(
  call: GitOptions,
  entries: readonly Entry[],
  doubts: string[],
  signal?: AbortSignal,
): Promise<readonly RepositoryFile[]> {
  const asked = entries.filter(({ path }) => interestIn(path) === 'content')
  const sizes = await objectSizes(
    call,
    asked.map(({ id }) => id),
    signal,
  )
  const chosen = new Set<string>()
  let total = 0
  for (const { path, id } of asked) {
    const size = sizes.get(id)
    if (size === undefined) doubts.push(`${shown(path)} is not in this repository's object store, and was not read`)
    else if (size > readingBounds.fileBytes)
      doubts.push(`${shown(path)} is larger than ${readingBounds.fileBytes / 1024} KiB, and was not read`)
    else if (total + size > readingBounds.allBytes)
      doubts.push(`${shown(path)} was not read: there is too much to read`)
    else {
      total += size
      chosen.add(path)
    }
  }
  const contents = await blobs(
    call,
    asked.filter(({ path }) => chosen.has(path)).map(({ id }) => id),
    signal,
  )
  return entries.map(({ path, id }): RepositoryFile => {
    const bytes = chosen.has(path) ? contents.get(id) : undefined
    if (bytes === undefined) return { path, text: null }
    const text = decodeText(bytes)
    if (text === null) doubts.push(`${shown(path)} is no text, and was not read`)
    return { path, text }
  })
}

async function blobs(
  call: GitOptions,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const unique = [...new Set(ids)]
  const texts = await readObjects(call, 'blob', unique, signal)
  return new Map(unique.map((id, index) => [id, Buffer.from(texts[index] ?? '', 'latin1')]))
}
