import { isUtf8 } from 'node:buffer'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Chunk, composeChunks, type FileSide, type Resolution, type TextEncoding } from '../../core/conflicts.ts'
import { AppError } from '../../core/failure.ts'
import { unreachable } from '../../core/unreachable.ts'
import { type GitOptions, gitOrThrow, gitText } from '../git.ts'
import type { Collision } from '../merge-trees.ts'
import { readObjects } from '../read-objects.ts'
import type { LocatedConflict } from './file-conflicts.ts'
import { splitChunks } from './split-chunks.ts'

export interface SettledFile {
  readonly conflict: LocatedConflict
  readonly resolution: Resolution
}

/**
 * The tree that the resolutions make of a commit that did not merge.
 * @throws AppError('argument-invalid') for a resolution that its file cannot have.
 */
export async function settleFiles(
  collision: Collision,
  files: readonly SettledFile[],
  call: GitOptions,
  signal?: AbortSignal,
): Promise<string> {
  const entries: { readonly path: string; readonly side: FileSide }[] = []
  for (const file of files) {
    const side = await settledSide(file, call, signal)
    if (side) entries.push({ path: placeOf(file), side })
  }
  const twice = entries.find(({ path }, index) => entries.findIndex((other) => other.path === path) !== index)
  if (twice) throw invalid(`Two files would be ${twice.path}`, 'Give one another path, or delete it')
  const none = '0'.repeat(collision.tree.length)
  const input = [
    ...new Set(collision.stages.map(({ path }) => `0 ${none}\t${path}\0`)),
    ...entries.map(({ path, side }) => `${side.mode} ${side.id}\t${path}\0`),
  ].join('')
  const folder = await mkdtemp(join(tmpdir(), 'microvm-index-'))
  try {
    const env = { ...call.env, GIT_INDEX_FILE: join(folder, 'index') }
    const inIndex = { ...call, env, config: [...(call.config ?? []), ...plainIndex] }
    await gitOrThrow(['read-tree', collision.tree], inIndex, signal)
    const unmerged = new Set(collision.stages.map(({ path }) => path))
    await refuseTaken(
      inIndex,
      entries.filter(({ path }) => !unmerged.has(path)).map(({ path }) => path),
      signal,
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

/** What merged by itself is not written over by a file that was put elsewhere. */
async function refuseTaken(inIndex: GitOptions, paths: readonly string[], signal?: AbortSignal): Promise<void> {
  if (paths.length === 0) return
  const { stdout } = await gitOrThrow(['ls-files', '-z', '--full-name', ':/'], inIndex, signal)
  const there = new Set(stdout.split('\0'))
  const taken = paths.find((path) => there.has(path))
  if (taken !== undefined) throw invalid(`${taken} is another file already`, 'Give it another path')
}

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
