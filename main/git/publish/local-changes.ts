import { constants } from 'node:fs'
import { copyFile, lstat, rm } from 'node:fs/promises'
import { sha256OfFile } from '../../lib/files/sha256-of-file.ts'
import type { TreeChanges } from '../changes/tree-changes.ts'
import { byBytes, bytePath, shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, gitQuickly, gitText, utf8, zeroSeparated } from '../process/git.ts'
import { longestPointer } from '../repository/lfs-pointer.ts'
import { parsePointer } from './expand-pointers.ts'
import { filteredPaths, type UserPrograms } from './user-programs.ts'

/** What of the user's is in the way of a move. */
export interface InTheWay {
  readonly files: readonly string[]
  /** git's own words when it refuses for another reason than the user's files. */
  readonly refusal: string | null
  /** Paths that are to stay, though the new commit has no file there: outside a sparse checkout git does not look after them. */
  readonly kept: ReadonlySet<string>
}

const nothing: InTheWay = { files: [], refusal: null, kept: new Set() }

/**
 * Compares index and files at the paths that change with the commit that is left. Where they are not plainly its own git decides, on a
 * copy of the index whose times were brought up to date; nothing of the user's is written.
 */
export async function findLocalChanges(
  user: GitOptions,
  {
    index,
    copy,
    from,
    to,
    changes,
    stands,
  }: {
    readonly index: string
    /** Where the copy may lie. */
    readonly copy: string
    readonly from: string
    readonly to: string
    readonly changes: TreeChanges
    /** Whether they are plainly its own, see `standsAs`. */
    readonly stands: Promise<boolean>
  },
  programs: UserPrograms,
): Promise<InTheWay> {
  if (await stands) return nothing
  try {
    await copyFile(index, copy, constants.COPYFILE_FICLONE)
    const onCopy = { ...user, env: { ...user.env, GIT_INDEX_FILE: copy } }
    const kept = await outsideSparse(onCopy, changes)
    // Files whose times alone have changed look changed until git has read them.
    await gitQuickly(['update-index', '-q', '--refresh'], onCopy)
    const dry = await gitQuickly(['read-tree', '-n', '-m', '-u', from, to], onCopy)
    if (dry.exitCode === 0) return { ...nothing, kept }
    const touched = new Set([...changes.added, ...changes.before.keys()])
    const differing = (await differingPaths(onCopy, from)).filter((path) => touched.has(path))
    const expanded = await expandedPointers(onCopy, differing, programs)
    const files = differing.filter((path) => !expanded.has(path))
    if (files.length > 0) return { ...nothing, files: files.sort(byBytes).map(shownPath), kept }
    if (expanded.size > 0) return { ...nothing, kept }
    return { ...nothing, ...namedIn(utf8(dry.stderr)), kept }
  } finally {
    await rm(copy, { force: true })
    await rm(`${copy}.lock`, { force: true })
  }
}

/** git names the first file that it cannot move, or says what else is wrong. Pure. */
function namedIn(said: string): Pick<InTheWay, 'files' | 'refusal'> {
  const files = [...said.matchAll(/[Ee]ntry '(.+?)'/g)].map((match) => match[1] ?? '')
  return files.length > 0 ? { files, refusal: null } : { files, refusal: said.trim() }
}

async function differingPaths(user: GitOptions, from: string): Promise<string[]> {
  const differing = new Set<string>()
  for (const cached of [[], ['--cached']]) {
    const args = [
      'diff-index',
      '-z',
      '--name-only',
      '--no-renames',
      '--no-ext-diff',
      '--ignore-submodules',
      ...cached,
      from,
    ]
    for (const path of zeroSeparated((await gitOrThrow(args, user)).stdout)) differing.add(path)
  }
  return [...differing]
}

/** Entries of the index that are not to have a file: `S`, or `s` where git was also told to take it for unchanged. */
async function outsideSparse(user: GitOptions, { before }: TreeChanges): Promise<ReadonlySet<string>> {
  const listed = zeroSeparated((await gitOrThrow(['ls-files', '-z', '-v'], user)).stdout)
  return new Set(listed.flatMap((line) => (/^[Ss] /.test(line) && before.has(line.slice(2)) ? [line.slice(2)] : [])))
}

/** Those that differ from their pointers in being what these stand for; the filter that would tell git so does not run. */
async function expandedPointers(
  user: GitOptions,
  paths: readonly string[],
  programs: UserPrograms,
): Promise<ReadonlySet<string>> {
  const ofLfs = [...(await filteredPaths(programs, paths, user))].flatMap(([path, filter]) =>
    filter === 'lfs' ? [path] : [],
  )
  const found = new Set<string>()
  for (const path of ofLfs) {
    const size = Number(await gitText(['cat-file', '-s', `:${utf8(path)}`], user).catch(() => Number.NaN)) // Not in the index: not expanded.
    if (!(size <= longestPointer)) continue
    const pointer = parsePointer((await gitOrThrow(['cat-file', 'blob', `:${utf8(path)}`], user)).stdout)
    if (pointer && (await holds(bytePath(user.cwd, path), pointer))) found.add(path)
  }
  return found
}

async function holds(file: Buffer, { id, size }: { readonly id: string; readonly size: number }): Promise<boolean> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (!found?.isFile() || found.size !== size) return false
  return (await sha256OfFile(file)) === id
}
