import type { DiffOptions, FileDiff, Hunk } from '../../core/merge/file-diff.ts'
import { visibleHunks } from '../../core/merge/visible-diff.ts'
import { GitError, type GitOptions, gitOrThrow, gitQuickly, utf8 } from '../process/git.ts'
import { type Blob, type FileChange, objectsOf, plainDiff, type Range } from './list-changes.ts'
import { pictureLimitBytes, readPicture } from './read-picture.ts'

const limitBytes = 2 * 1024 ** 2
const limitLines = 20_000

const noFile = '000000'
const submodule = '160000'

/** The lines of one change of `listChanges`, from the two blobs alone, all in them made visible. @throws GitError when one is missing. */
export async function readDiff(
  repository: Pick<Range, 'repoPath' | 'objects'>,
  change: FileChange,
  wish: DiffOptions = {},
  signal?: AbortSignal,
): Promise<FileDiff> {
  const diff = await readRawDiff(repository, change, wish, signal)
  if (diff.kind !== 'text') return diff
  const { hunks, hidden } = visibleHunks(diff.hunks)
  return { kind: 'text', hunks, ...(hidden && { hidden }) }
}

async function readRawDiff(
  repository: Pick<Range, 'repoPath' | 'objects'>,
  { oldBlob, newBlob, added, removed, binary }: FileChange,
  { whole: isWhole = false, ignoreSpace = false, pictures = false }: DiffOptions,
  signal?: AbortSignal,
): Promise<FileDiff> {
  const options = await objectsOf(repository, signal)
  if ([oldBlob, newBlob].some(({ mode }) => mode === submodule)) return submoduleDiff(oldBlob, newBlob)
  const sizes = await Promise.all([sizeOf(options, oldBlob, signal), sizeOf(options, newBlob, signal)])
  if (binary) {
    const shown = pictures ? await picturesOf(options, [oldBlob, newBlob], sizes, signal) : {}
    return { kind: 'binary', oldBytes: sizes[0], newBytes: sizes[1], ...shown }
  }
  if (added + removed > limitLines || Math.max(sizes[0] ?? 0, sizes[1] ?? 0) > limitBytes)
    return { kind: 'too-large', lines: added + removed }
  if (oldBlob.mode === noFile) return whole('+', await contentOf(options, newBlob, signal))
  if (newBlob.mode === noFile) return whole('-', await contentOf(options, oldBlob, signal))
  if (oldBlob.id === newBlob.id) return { kind: 'text', hunks: [] }
  // Of blobs git knows no path, so no attribute can speak of them. An exit status of 1 says that they differ.
  const lines = [`--unified=${isWhole ? limitBytes : 3}`, ...(ignoreSpace ? ['--ignore-all-space'] : [])]
  const args = ['diff', ...plainDiff, ...lines, '--exit-code', oldBlob.id, newBlob.id]
  const result = await gitQuickly(args, options, signal)
  if (result.exitCode !== 0 && result.exitCode !== 1) throw new GitError(args, result)
  return { kind: 'text', hunks: parseHunks(utf8(result.stdout)) }
}

/** The hunks of one file's unified diff. Pure. */
function parseHunks(diff: string): readonly Hunk[] {
  const hunks: { oldStart: number; newStart: number; heading: string; lines: Hunk['lines'][number][] }[] = []
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/.exec(line)
    if (header) {
      const [, oldStart, newStart, heading = ''] = header
      hunks.push({ oldStart: Number(oldStart), newStart: Number(newStart), heading, lines: [] })
      continue
    }
    const kind = line.charAt(0)
    // Before the first hunk is the header; `\ No newline at end of file` is no line.
    if (kind === ' ' || kind === '+' || kind === '-') hunks.at(-1)?.lines.push({ kind, text: line.slice(1) })
  }
  return hunks
}

function whole(kind: '+' | '-', content: string): FileDiff {
  if (content === '') return { kind: 'text', hunks: [] }
  const lines = content
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => ({ kind, text }))
  const start = kind === '+' ? { oldStart: 0, newStart: 1 } : { oldStart: 1, newStart: 0 }
  return { kind: 'text', hunks: [{ ...start, heading: '', lines }] }
}

function submoduleDiff(oldBlob: Blob, newBlob: Blob): FileDiff {
  const side = (kind: '+' | '-', { mode, id }: Blob) =>
    mode === submodule ? [{ kind, text: `Subproject commit ${id}` }] : []
  const lines = [...side('-', oldBlob), ...side('+', newBlob)]
  return { kind: 'text', hunks: [{ oldStart: 1, newStart: 1, heading: '', lines }] }
}

type Pictures = Pick<Extract<FileDiff, { kind: 'binary' }>, 'pictures'>

async function picturesOf(
  options: GitOptions,
  blobs: readonly [Blob, Blob],
  sizes: readonly [number | null, number | null],
  signal?: AbortSignal,
): Promise<Pictures> {
  const read = async (blob: Blob, bytes: number | null) => {
    if (bytes === null || bytes > pictureLimitBytes) return null
    const { stdout } = await gitOrThrow(['cat-file', 'blob', blob.id], options, signal)
    return readPicture(Buffer.from(stdout, 'latin1'))
  }
  const before = await read(blobs[0], sizes[0])
  const after = await read(blobs[1], sizes[1])
  return before || after ? { pictures: { before, after } } : {}
}

/** Bytes; null where there is no file. */
async function sizeOf(options: GitOptions, { mode, id }: Blob, signal?: AbortSignal): Promise<number | null> {
  if (mode === noFile) return null
  return Number((await gitOrThrow(['cat-file', '-s', id], options, signal)).stdout)
}

async function contentOf(options: GitOptions, { id }: Blob, signal?: AbortSignal): Promise<string> {
  return utf8((await gitOrThrow(['cat-file', 'blob', id], options, signal)).stdout)
}
