import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { unlinkName } from '../files/live-folder.ts'
import { isShortage } from '../shortage.ts'

/** Why a file that a guest left is not read. */
export type GuestFileRefusal = 'missing' | 'not-regular' | 'linked' | 'too-large' | 'unreadable'

export type GuestFile =
  | { readonly kind: 'opened'; readonly file: FileHandle; readonly size: number }
  | { readonly kind: 'refused'; readonly why: GuestFileRefusal }

/**
 * Opens a file in a folder that a guest can write: never through a link, only a regular file with a single link.
 * The caller closes it. Does not block on a FIFO and opens no device. Throws only where the host is short of descriptors.
 */
export async function openGuestFile(folder: string, name: string): Promise<GuestFile> {
  if (name !== basename(name) || name === '..' || name === '.') throw new Error(`Not a plain file name: ${name}`)
  let file: FileHandle
  try {
    const before = await lstat(join(folder, name))
    const refusal = refusalOf(before)
    if (refusal) return { kind: 'refused', why: refusal }
    file = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isShortage(error)) throw error // The host's fault, not the file's.
    const { code } = error as NodeJS.ErrnoException
    return { kind: 'refused', why: code === 'ENOENT' ? 'missing' : code === 'ELOOP' ? 'not-regular' : 'unreadable' }
  }
  // What was opened counts, not what was seen before: the guest may have swapped it.
  const stats = await file.stat()
  const refusal = refusalOf(stats)
  if (refusal) {
    await file.close()
    return { kind: 'refused', why: refusal }
  }
  return { kind: 'opened', file, size: stats.size }
}

function refusalOf(stats: Stats): GuestFileRefusal | undefined {
  if (!stats.isFile()) return 'not-regular'
  return stats.nlink === 1 ? undefined : 'linked'
}

/** The whole file if it is acceptable and at most `limitBytes` long, and never more than that even if it grows meanwhile. */
export async function readGuestFile(
  folder: string,
  name: string,
  limitBytes: number,
): Promise<
  { readonly kind: 'read'; readonly bytes: Buffer } | { readonly kind: 'refused'; readonly why: GuestFileRefusal }
> {
  const opened = await openGuestFile(folder, name)
  if (opened.kind === 'refused') return opened
  await using file = opened.file
  if (opened.size > limitBytes) return { kind: 'refused', why: 'too-large' }
  const bytes = Buffer.alloc(opened.size)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
  return { kind: 'read', bytes: bytes.subarray(0, bytesRead) }
}

/** The last `limitBytes` of the file, from a line's start; empty when it cannot be read. */
export async function readGuestFileTail(folder: string, name: string, limitBytes: number): Promise<Buffer> {
  const opened = await openGuestFile(folder, name)
  if (opened.kind === 'refused') return Buffer.alloc(0)
  await using file = opened.file
  const length = Math.min(opened.size, limitBytes)
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, opened.size - length)
  const tail = bytes.subarray(0, bytesRead)
  return length < opened.size ? tail.subarray(tail.indexOf(0x0a) + 1) : tail
}

/**
 * Puts a file into a folder in which a guest may be writing, in place of a file or link of that name, which is not followed.
 * @throws AppError('boot-failed') when a folder has the name: nothing is deleted below what something alive can write.
 */
export async function placeGuestFile(folder: string, name: string, content: string, mode = 0o600): Promise<void> {
  if ((await unlinkName(join(folder, name))) === 'folder') {
    throw new AppError('boot-failed', `The guest left a folder where ${name} belongs in its share`)
  }
  await using file = await open(
    join(folder, name),
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  )
  await file.writeFile(content)
}
