import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { allEnded } from '../../../lib/all-ended.ts'

const pageBytes = 4096
const chunkBytes = 4 << 20
const zeros = Buffer.alloc(chunkBytes)

const countSchema = z.int().nonnegative()
export const savedMemorySchema = z.object({
  /** Which pages of the memory the file holds, in order: the number of the first, and how many follow each other. All others are zero. */
  pages: z.array(z.tuple([countSchema, countSchema])),
  /** Over the whole file. */
  crc32: countSchema,
})

export type SavedMemory = z.infer<typeof savedMemorySchema>

/** Writes all of the memory that is not zero to the file, page after page. @param bytes the size of the memory. */
export async function saveMemory(memory: FileHandle, bytes: number, file: FileHandle): Promise<SavedMemory> {
  const pages: SavedMemory['pages'] = []
  let sum = 0
  const chunk = Buffer.allocUnsafe(chunkBytes)
  for (let at = 0; at < bytes; at += chunkBytes) {
    const part = chunk.subarray(0, Math.min(chunkBytes, bytes - at))
    await readFully(memory, part, at)
    for (const [first, count] of filledPages(part)) {
      const filled = part.subarray(first * pageBytes, (first + count) * pageBytes)
      sum = crc32(filled, sum)
      await file.appendFile(filled)
      addRun(pages, at / pageBytes + first, count)
    }
  }
  return { pages, crc32: sum }
}

/**
 * Writes what the file holds into a memory that is zero.
 * @throws when the file is not the one that was saved; the memory is of no use then.
 */
export async function loadMemory(file: FileHandle, saved: SavedMemory, memory: FileHandle): Promise<void> {
  let sum = 0
  let [chunk, other] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)]
  let written: readonly Promise<void>[] = []
  for (const { position, parts } of inChunks(saved.pages)) {
    const length = parts.reduce((total, part) => total + part.length, 0)
    const bytes = chunk.subarray(0, length)
    await allEnded([readFully(file, bytes, position), ...written])
    // Other threads write while this one sums and the next piece is read.
    written = writesOf(bytes, parts).map((write) => writeFully(memory, write))
    sum = crc32(bytes, sum)
    ;[chunk, other] = [other, chunk]
  }
  await allEnded(written)
  if (sum !== saved.crc32) throw new Error('The memory of the template is damaged')
}

/** The pages of these bytes that are not zero, as number of the first and how many follow. Pure. */
function filledPages(bytes: Buffer): SavedMemory['pages'] {
  if (isZero(bytes)) return []
  const found: SavedMemory['pages'] = []
  for (let page = 0; page * pageBytes < bytes.length; page += 1) {
    if (isZero(bytes.subarray(page * pageBytes, (page + 1) * pageBytes))) continue
    addRun(found, page, 1)
  }
  return found
}

/** Adds pages behind all others: to the last run where they follow it. */
function addRun(runs: SavedMemory['pages'], first: number, count: number): void {
  const last = runs.at(-1)
  if (last && last[0] + last[1] === first) last[1] += count
  else runs.push([first, count])
}

const isZero = (bytes: Buffer): boolean => bytes.compare(zeros, 0, bytes.length) === 0

interface Chunk {
  /** In the file. */
  readonly position: number
  /** In bytes; `target` is the place in the memory. */
  readonly parts: { readonly target: number; readonly length: number }[]
}

/** The file in pieces that fit into a buffer. Pure. */
function* inChunks(pages: SavedMemory['pages']): Generator<Chunk> {
  let position = 0
  let parts: Chunk['parts'] = []
  let taken = 0
  for (const [first, count] of pages) {
    for (let done = 0; done < count; ) {
      const fit = Math.min(count - done, (chunkBytes - taken) / pageBytes)
      parts.push({ target: (first + done) * pageBytes, length: fit * pageBytes })
      done += fit
      taken += fit * pageBytes
      if (taken < chunkBytes) continue
      yield { position, parts }
      position += taken
      parts = []
      taken = 0
    }
  }
  if (taken > 0) yield { position, parts }
}

interface Write {
  readonly bytes: Buffer
  /** In the memory. */
  readonly target: number
}

/** @param bytes what the file holds of these parts, one behind the other. Pure. */
function writesOf(bytes: Buffer, parts: Chunk['parts']): readonly Write[] {
  let at = 0
  return parts.map(({ target, length }) => {
    const part = bytes.subarray(at, at + length)
    at += length
    return { bytes: part, target }
  })
}

async function readFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) throw new Error('The memory of the template ends too early')
    done += bytesRead
  }
}

async function writeFully(file: FileHandle, { bytes, target }: Write): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, target + done)
    done += bytesWritten
  }
}
