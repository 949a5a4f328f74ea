import { open } from 'node:fs/promises'
import type { ConsolePiece } from '../../preload/task-details.ts'
import { mask } from '../lib/guest/scrub.ts'

export interface ConsoleRange {
  readonly offset: number
  readonly limit: number
}

/** A piece of the console as it is now, with the secrets blotted out; from its start when it is shorter than the offset. */
export async function readConsole(
  path: string,
  { offset, limit }: ConsoleRange,
  secrets: readonly string[],
): Promise<Omit<ConsolePiece, 'ended'>> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    const start = offset > size ? 0 : offset
    // Around the piece, so that a secret which crosses its border is seen whole.
    const margin = Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret) - 1))
    const from = Math.max(0, start - margin)
    const end = Math.min(size, start + limit)
    const bytes = Buffer.alloc(Math.min(size, end + margin) - from)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
    const shown = mask(bytes.subarray(0, bytesRead), secrets).subarray(start - from, end - from)
    return { offset: start, data: shown.toString('base64'), size }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { offset: 0, data: '', size: 0 } // Its machine has not started.
  }
}
