import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Chunk, SideName } from '../../core/merge/conflicts.ts'
import { GitError, gitQuickly } from '../process/git.ts'

/** Contents of the three sides; latin1, one character a byte. An absent base is empty. */
export type SideContents = Readonly<Record<SideName, string>>

/**
 * Merges three files as git does and answers the pieces: joined with one side for each conflict, they are the merged file, byte for byte.
 */
export async function splitChunks(contents: SideContents, signal?: AbortSignal): Promise<readonly Chunk[]> {
  const folder = await mkdtemp(join(tmpdir(), 'microvm-merge-'))
  try {
    for (const side of ['base', 'ours', 'theirs'] as const) {
      await writeFile(join(folder, side), contents[side], { encoding: 'latin1', mode: 0o600 })
    }
    const marks = marksFor(contents)
    const label = (side: SideName) => ['-L', `${side}-${marks.nonce}`]
    const options = ['-p', '-q', '--zdiff3', `--marker-size=${marks.size}`]
    const args = [
      'merge-file',
      ...options,
      ...label('ours'),
      ...label('base'),
      ...label('theirs'),
      'ours',
      'base',
      'theirs',
    ]
    const result = await gitQuickly(
      args,
      { cwd: folder, trust: 'none', env: { GIT_CEILING_DIRECTORIES: folder } },
      signal,
    )
    // The exit status counts conflicts, up to 127.
    if (result.exitCode === null || result.exitCode > 127) throw new GitError(args, result)
    return parseChunks(result.stdout, marks, contents)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Marks {
  readonly size: number
  readonly nonce: string
}

/** No line of the files can be taken for a marker: the labels are random, and the one that has none is longer than any like it. */
function marksFor({ base, ours, theirs }: SideContents): Marks {
  const runs = [base, ours, theirs].flatMap((content) => content.match(/^=+(?=\r?$)/gm) ?? [])
  return { size: runs.reduce((size, run) => Math.max(size, run.length + 1), 7), nonce: randomBytes(8).toString('hex') }
}

/** Pure. */
function parseChunks(merged: string, { size, nonce }: Marks, contents: SideContents): readonly Chunk[] {
  const marker = new Map([
    [`${'<'.repeat(size)} ours-${nonce}`, 'ours'],
    [`${'|'.repeat(size)} base-${nonce}`, 'base'],
    ['='.repeat(size), 'theirs'],
    [`${'>'.repeat(size)} theirs-${nonce}`, 'merged'],
  ] as const)
  const chunks: Chunk[] = []
  const texts = { merged: '', ours: '', base: '', theirs: '' }
  let into: keyof typeof texts = 'merged'
  const endMerged = () => {
    if (texts.merged !== '') chunks.push({ kind: 'merged', text: texts.merged })
    texts.merged = ''
  }
  for (const line of merged.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const next = marker.get(line.replace(/\r?\n$/, ''))
    if (next === undefined || (next === 'theirs' && into !== 'base')) {
      texts[into] += line
      continue
    }
    if (next === 'ours') endMerged()
    if (next === 'merged') {
      const { ours, base, theirs } = texts
      chunks.push({ kind: 'conflict', ours, base, theirs })
      Object.assign(texts, { ours: '', base: '', theirs: '' })
    }
    into = next
  }
  endMerged()
  const last = chunks.at(-1)
  return last?.kind === 'conflict' ? [...chunks.slice(0, -1), withOwnEnds(last, contents)] : chunks
}

/** git ends each side's last line before a marker; at the end of a file that had no newline there, it goes again. */
function withOwnEnds(chunk: Extract<Chunk, { kind: 'conflict' }>, contents: SideContents): Chunk {
  const own = (side: SideName) => {
    const text = chunk[side]
    if (text === '' || contents[side].endsWith('\n')) return text
    const bare = text.slice(0, -1)
    return contents[side].endsWith(bare) ? bare : bare.replace(/\r$/, '')
  }
  return { kind: 'conflict', ours: own('ours'), base: own('base'), theirs: own('theirs') }
}
