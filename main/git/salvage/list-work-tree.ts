import { join } from 'node:path'
import { isTextPath } from '../process/byte-path.ts'
import { type GitCalls, git, gitOrThrow, zeroSeparated } from '../process/git.ts'
import { OutputLimitError, recordsOf, streamGit } from '../process/stream-git.ts'
import type { NoteList } from './bounded-notes.ts'

/** Where git works on a guest's work tree with nothing of the guest's own. */
export interface HostIndex {
  /** Host-owned; receives blobs and trees. */
  readonly gitDirectory: string
  /** Host-only folder for index files. */
  readonly scratch: string
}

/** Bytes of all paths together that are looked at; a guest chooses how long and how many they are. */
const mostPathBytes = 256 * 1024 ** 2

/** Calls of git over the work tree, with an index of this name. It finds no filter, hook or setting of the guest's. */
export function gitCalls({ gitDirectory, scratch }: HostIndex, index: string, workTree: string): GitCalls {
  const env = { GIT_DIR: gitDirectory, GIT_WORK_TREE: workTree, GIT_INDEX_FILE: join(scratch, index) }
  return (input = '') => ({
    cwd: workTree,
    trust: 'none',
    env,
    input,
    config: ['core.bare=false', 'core.symlinks=true'],
  })
}

/** The paths of a commit, its gitlinks apart. @throws when they are more than can be looked at. */
export async function listBase(
  call: GitCalls,
  base: string,
  signal?: AbortSignal,
): Promise<{ paths: ReadonlySet<string>; links: ReadonlyMap<string, string> }> {
  const paths = new Set<string>()
  const links = new Map<string, string>()
  await using listing = streamGit(['ls-tree', '-r', '-z', '--full-tree', base], call(), signal)
  for await (const entry of recordsOf(listing.stdout, '\0', { bytes: mostPathBytes })) {
    const path = entry.slice(entry.indexOf('\t') + 1)
    if (entry.startsWith('160000 ')) links.set(path, entry.split(/[ \t]/)[2] ?? '')
    else paths.add(path)
  }
  await listing.succeeded()
  return { paths, links }
}

/** The paths of the index whose files are not as it says, or gone. */
export async function changedOnDisk(call: GitCalls, signal?: AbortSignal): Promise<string[]> {
  await git(['update-index', '-q', '--refresh'], call(''), signal)
  const args = ['diff-files', '-z', '--name-only', '--ignore-submodules=all']
  return zeroSeparated((await gitOrThrow(args, call(), signal)).stdout)
}

/** What is neither in the index nor ignored; a repository inside ends with a slash. */
export async function untracked(
  call: GitCalls,
  apart: readonly string[],
  leftOut: NoteList,
  signal?: AbortSignal,
): Promise<string[]> {
  const found: string[] = []
  // Those that cannot be arguments are left out of what git answers instead.
  const outside = apart
    .filter(isTextPath)
    .slice(0, 100)
    .map((folder) => `--exclude=/${escaped(folder)}/`)
  await using listing = streamGit(['ls-files', '-z', '--others', ...outside, '--exclude-standard'], call(''), signal)
  try {
    for await (const path of recordsOf(listing.stdout, '\0', { bytes: mostPathBytes })) found.push(path)
  } catch (error) {
    if (!(error instanceof OutputLimitError)) throw error
    leftOut.add(`Only the first ${found.length} new files were saved: the paths of all are too long`)
    return found
  }
  await listing.succeeded()
  return found
}

const escaped = (path: string) =>
  Buffer.from(path, 'latin1')
    .toString('utf8')
    .replace(/[\\*?[\]!# ]/g, '\\$&')

/** Paths of the index that the sparse patterns do not name; git answers with those that they do. */
export async function outsideSparse(
  patterns: string | null,
  call: GitCalls,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (patterns === null) return new Set()
  const all = await gitOrThrow(['ls-files', '-z'], call(), signal)
  const inside = await gitOrThrow(
    ['ls-files', '-z', '--cached', '--ignored', `--exclude-from=${patterns}`],
    call(),
    signal,
  )
  const named = new Set(zeroSeparated(inside.stdout))
  return new Set(zeroSeparated(all.stdout).filter((path) => !named.has(path)))
}
