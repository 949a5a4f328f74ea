import { isUtf8 } from 'node:buffer'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import {
  type Chunk,
  composeChunks,
  type FileSide,
  type Resolution,
  type TextEncoding,
} from '../../core/merge/conflicts.ts'
import { unreachable } from '../../core/unreachable.ts'
import type { Collision } from '../merge/merge-trees.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, gitText, zeroSeparated } from '../process/git.ts'
import { readObjects } from '../process/read-objects.ts'
import type { LocatedConflict } from './file-conflicts.ts'
import { splitChunks } from './split-chunks.ts'

export interface SettledFile {
  readonly conflict: LocatedConflict
  readonly resolution: Resolution
}

/** Where a settled file goes, latin1; no side where it goes away. */
export interface Placed {
  readonly path: string
  readonly side: FileSide | null
}

/** @throws AppError('argument-invalid') for a resolution that its file cannot have. */
export const placeFile = async (file: SettledFile, call: GitOptions, signal?: AbortSignal): Promise<Placed> => ({
  path: placeOf(file),
  side: await settledSide(file, call, signal),
})

/**
 * The tree that settled files make of a commit that did not merge.
 * @throws AppError('argument-invalid') when one would be where another file is.
 */
export async function treeOfPlaced(
  collision: Collision,
  placed: readonly Placed[],
  call: GitOptions,
  signal?: AbortSignal,
): Promise<string> {
  const entries = placed.flatMap(({ path, side }) => (side ? [{ path, side }] : []))
  const unmerged = new Set(collision.stages.map(({ path }) => path))
  const none = '0'.repeat(collision.tree.length)
  const input = [
    ...[...unmerged].map((path) => `0 ${none}\t${path}\0`),
    ...entries.map(({ path, side }) => `${side.mode} ${side.id}\t${path}\0`),
  ].join('')
  const folder = await mkdtemp(join(tmpdir(), 'microvm-index-'))
  try {
    const env = { ...call.env, GIT_INDEX_FILE: join(folder, 'index') }
    const inIndex = { ...call, env, config: [...(call.config ?? []), ...plainIndex] }
    await gitOrThrow(['read-tree', collision.tree], inIndex, signal)
    const { stdout } = await gitOrThrow(['ls-files', '-z', '--full-name', ':/'], inIndex, signal)
    refuseTaken(
      zeroSeparated(stdout).filter((path) => !unmerged.has(path)),
      entries.map(({ path }) => path),
    )
    await gitOrThrow(['update-index', '--replace', '-z', '--index-info'], { ...inIndex, input }, signal)
    return await gitText(['write-tree'], inIndex, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** An index that is whole, alone, and says nothing of a work tree. */
const plainIndex = [
  'core.splitIndex=false',
  'core.sparseCheckout=false',
  'index.sparse=false',
  'core.untrackedCache=false',
]

/** Nothing that merged by itself, and no other settled file, is written over: not as a file, and not as a directory either. */
function refuseTaken(merged: readonly string[], placed: readonly string[]): void {
  const files = new Set(merged)
  const directories = new Set(merged.flatMap(directoriesOf))
  for (const path of placed) {
    const over = [path, ...directoriesOf(path)].find((part) => files.has(part))
    if (over !== undefined) throw invalid(`${shownPath(over)} is another file already`, 'Give it another path')
    if (directories.has(path)) throw invalid(`${shownPath(path)} is a directory`, 'Give it another path')
    files.add(path)
    for (const directory of directoriesOf(path)) directories.add(directory)
  }
}

const directoriesOf = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'))

function placeOf({ conflict, resolution }: SettledFile): string {
  const as = resolution.kind === 'delete' ? undefined : resolution.as
  if (as === undefined) return conflict.path.startsWith('"') ? conflict.rawPath : latin1(conflict.path)
  const parts = as.split('/')
  if (
    parts.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git') ||
    as.includes('\0')
  )
    throw invalid(`${JSON.stringify(as)} is no path in a repository`, 'Give one relative to its top')
  return latin1(as)
}

/** Null where the file goes. */
async function settledSide(
  { conflict, resolution }: SettledFile,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<FileSide | null> {
  switch (resolution.kind) {
    case 'delete':
      return null
    case 'side':
      return conflict.sides[resolution.side]
    case 'hunks': {
      const { chunks } = await openChunks(conflict, call, signal)
      const content = composeChunks(chunks, resolution.picks)
      if (content === undefined) {
        const count = chunks.filter(({ kind }) => kind === 'conflict').length
        throw invalid(`${conflict.path} has ${count} conflicting hunks`, 'Pick something for each')
      }
      return { mode: modeOf(conflict, resolution.mode), id: await writeBlob(call, content, signal) }
    }
    case 'text': {
      const { encoding } = await openChunks(conflict, call, signal)
      const content = Buffer.from(resolution.text, encoding).toString('latin1')
      return { mode: modeOf(conflict, resolution.mode), id: await writeBlob(call, content, signal) }
    }
    default:
      return unreachable(resolution)
  }
}

/** The pieces of a text that did not merge, latin1, and how a person is to be shown them. */
export async function openChunks(
  { path, content, sides }: LocatedConflict,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<{ readonly chunks: readonly Chunk[]; readonly encoding: TextEncoding }> {
  if (content !== 'text' && content !== 'too-large') {
    throw invalid(`${path} is no text: it has no hunks and cannot be edited`, 'Take one of its sides')
  }
  const ids = [sides.base, sides.ours, sides.theirs].flatMap((side) => (side ? [side.id] : []))
  const contents = new Map((await readObjects(call, 'blob', ids, signal)).map((text, index) => [ids[index], text]))
  const of = (side: FileSide | null) => contents.get(side?.id) ?? ''
  const chunks = await splitChunks({ base: of(sides.base), ours: of(sides.ours), theirs: of(sides.theirs) }, signal)
  const isText = [...contents.values()].every((text) => isUtf8(Buffer.from(text, 'latin1')))
  return { chunks, encoding: isText ? 'utf8' : 'latin1' }
}

/** git's own rule: the side that changed it, the branch when both did. */
function modeOf({ sides: { base, ours, theirs } }: LocatedConflict, wish?: 'ours' | 'theirs'): string {
  const wished = wish === 'theirs' ? theirs : wish === 'ours' ? ours : null
  if (wished) return wished.mode
  if (ours && theirs) return ours.mode === base?.mode ? theirs.mode : ours.mode
  return (ours ?? theirs ?? base)?.mode ?? '100644'
}

const writeBlob = (call: GitOptions, content: string, signal?: AbortSignal): Promise<string> =>
  gitText(['hash-object', '-w', '--stdin', '--no-filters'], { ...call, input: content }, signal)

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const invalid = (message: string, hint: string): AppError => new AppError('argument-invalid', message, { hint })
