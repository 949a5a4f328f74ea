import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { isShortage } from '../../lib/shortage.ts'
import { bytePath, shownPath } from '../process/byte-path.ts'
import { type GitCalls, gitOrThrow, gitText, zeroSeparated } from '../process/git.ts'
import { lfsObjectId, longestPointer } from '../repository/lfs-pointer.ts'

/** A file of Git LFS, as its pointer goes into a tree. */
export interface CleanedFile {
  readonly path: string
  readonly mode: '100644' | '100755'
  readonly blob: string
  /** SHA-256 of the content. */
  readonly id: string
}

/**
 * What git-lfs's clean filter would do, without running it: files that attributes give to LFS and that hold content, not a pointer,
 * become pointers. Answers the remaining paths as `plain`.
 */
export async function cleanLfsFiles(
  workspace: string,
  paths: readonly string[],
  call: GitCalls,
  signal?: AbortSignal,
): Promise<{ cleaned: readonly CleanedFile[]; plain: readonly string[]; notes: readonly string[] }> {
  if (paths.length === 0) return { cleaned: [], plain: [], notes: [] }
  const input = paths.map((path) => `${path}\0`).join('')
  const answers = zeroSeparated(
    (await gitOrThrow(['check-attr', '-z', '--stdin', 'filter'], call(input), signal)).stdout,
  )
  const filters = new Map<string, string>()
  for (let index = 0; index + 2 < answers.length; index += 3) {
    filters.set(answers[index] ?? '', answers[index + 2] ?? '')
  }
  const cleaned: CleanedFile[] = []
  const plain: string[] = []
  const notes = new Set<string>()
  for (const path of paths) {
    const filter = filters.get(path) ?? 'unspecified'
    const pointer = filter === 'lfs' ? await pointerFor(workspace, path, signal).catch(unreadable) : undefined
    if (!pointer) {
      plain.push(path)
      if (!['lfs', 'unspecified', 'unset', 'set'].includes(filter)) {
        notes.add(`${shownPath(path)} was saved as it is: the filter '${shownPath(filter)}' did not run`)
      }
      continue
    }
    const blob = await gitText(['hash-object', '-w', '--no-filters', '--stdin'], call(pointer.text), signal)
    cleaned.push({ path, mode: pointer.mode, blob, id: pointer.id })
  }
  return { cleaned, plain, notes: [...notes].slice(0, 20) }
}

/** Such a file is the caller's to tell, as any other that cannot be read. */
function unreadable(error: unknown): undefined {
  if (isShortage(error) || (error as NodeJS.ErrnoException).code === undefined) throw error
  return undefined
}

async function pointerFor(
  workspace: string,
  path: string,
  signal?: AbortSignal,
): Promise<{ text: string; mode: CleanedFile['mode']; id: string } | undefined> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(bytePath(workspace, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return undefined // A symbolic link is saved as one.
    throw error
  }
  await using opened = file
  const { size, mode } = await opened.stat()
  if (size === 0) return undefined // git-lfs leaves empty files alone.
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  const stream = opened.createReadStream({ autoClose: false, ...(signal && { signal }) })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (head.length < longestPointer) head = Buffer.concat([head, chunk]).subarray(0, longestPointer)
    hash.update(chunk)
  }
  if (size <= longestPointer && lfsObjectId(head.toString('latin1')) !== undefined) return undefined
  const id = hash.digest('hex')
  return {
    text: `version https://git-lfs.github.com/spec/v1\noid sha256:${id}\nsize ${size}\n`,
    mode: (mode & 0o100) === 0 ? '100644' : '100755',
    id,
  }
}
