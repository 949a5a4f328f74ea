import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { GrowingGuestFile } from '../../lib/guest/growing-guest-file.ts'
import { readGuestFile } from '../../lib/guest/guest-file.ts'
import { shareNames, type TaskFiles } from '../../tasks/record/task-files.ts'
import { channels } from '../protocol.ts'

type Write = (channel: number, bytes: Uint8Array) => Promise<void>

const lookMs = 200
const chunkBytes = 256 * 1024
const resultBytes = 1024 ** 2

/**
 * Tells a console and a stream, and a network log where home asks for it, from where home left off, as they grow, until `isOver` says that nothing more is
 * written; then the rest of them. A console that was cut meanwhile is told from its new start.
 */
export async function tellGrowing(
  { console, share, network }: Pick<TaskFiles, 'console' | 'share' | 'network'>,
  from: { readonly console: number; readonly stream: number; readonly network?: number },
  write: Write,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let at = from.console
  let networkAt = from.network
  const stream = new GrowingGuestFile(share, shareNames.stream)
  stream.offset = from.stream
  while (!signal.aborted) {
    const isLast = isOver()
    const before = `${at} ${stream.offset} ${networkAt}`
    at = await tellFrom(console, at, (bytes) => write(channels.console, bytes))
    if (networkAt !== undefined)
      networkAt = await tellFrom(network, networkAt, (bytes) => write(channels.network, bytes))
    const chunks: Buffer[] = []
    await stream.look((chunk) => chunks.push(chunk))
    for (const chunk of chunks) await write(channels.stream, chunk)
    if (`${at} ${stream.offset} ${networkAt}` !== before) continue
    if (isLast) return
    await sleep(lookMs, undefined, { signal }).catch(() => undefined) // Only an abort ends it early.
  }
}

async function tellFrom(path: string, offset: number, write: (bytes: Buffer) => Promise<void>): Promise<number> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    let at = size < offset ? 0 : offset
    while (at < size) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, at)
      if (bytesRead === 0) break
      at += bytesRead
      await write(buffer.subarray(0, bytesRead))
    }
    return at
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return offset // Its machine has not started yet.
    throw error
  }
}

/** What the guest wrote of its end, as it is: home reads it as it reads a guest's. Nothing where there is none that may be read. */
export async function tellResult({ share }: Pick<TaskFiles, 'share'>, write: Write): Promise<void> {
  const read = await readGuestFile(share, shareNames.result, resultBytes)
  if (read.kind === 'read') await write(channels.result, read.bytes)
}

/** The whole of a file of our own; nothing where there is none. */
export async function tellFile(path: string, channel: number, write: Write): Promise<void> {
  await tellFrom(path, 0, (bytes) => write(channel, bytes))
}
