import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskCaps } from '../core/caps.ts'
import type { Failure } from '../core/failure.ts'
import { openGuestFile } from '../lib/guest-file.ts'
import { shareNames } from './task-files.ts'
import { UsageMeter } from './usage-meter.ts'

const pollMs = 500
const chunkBytes = 1024 ** 2
/** What is read of the stream at one look, so that a flood cannot keep the host busy. */
const lookBytes = 16 * chunkBytes

/**
 * Watches what the guest says of itself, its stream and console: resolves with the failure of the cap that is reached, undefined
 * when `over` fires first. Time is monotonic; a restarted orchestrator reads the stream from its start, and hears silence anew.
 */
export async function capReached(
  { maxTokens, silenceTimeoutMs }: TaskCaps,
  { share, console }: { readonly share: string; readonly console: string },
  over: AbortSignal,
): Promise<Failure | undefined> {
  if (maxTokens === null && silenceTimeoutMs === null) return undefined
  const stream = new GrowingStream(share)
  let heard = ''
  let heardAt = performance.now()
  while (await pause(over)) {
    await stream.look()
    if (maxTokens !== null && stream.meter.tokens > maxTokens) {
      return {
        code: 'token-limit',
        message: `The task ran into its limit of ${maxTokens} tokens: it took ${stream.meter.tokens}`,
        hint: 'Its work is kept; give max_tokens more room to go on',
      }
    }
    const now = `${stream.offset} ${await sizeOf(console)}`
    if (now !== heard) {
      heard = now
      heardAt = performance.now()
    }
    if (silenceTimeoutMs !== null && performance.now() - heardAt > silenceTimeoutMs) {
      return {
        code: 'silent',
        message: `The task was stopped because neither console nor agent said anything for ${Math.round(silenceTimeoutMs / 1000)} s`,
        hint: 'Its work is kept; its console log says how far it came',
      }
    }
  }
  return undefined
}

/** The agent's stream in the share, read as it grows. */
class GrowingStream {
  readonly meter = new UsageMeter()
  readonly #share: string
  offset = 0

  constructor(share: string) {
    this.#share = share
  }

  async look(): Promise<void> {
    const opened = await openGuestFile(this.#share, shareNames.stream)
    if (opened.kind === 'refused') return
    await using file = opened.file
    if (opened.size < this.offset) this.offset = 0 // The runner began anew.
    const end = Math.min(opened.size, this.offset + lookBytes)
    while (this.offset < end) {
      const bytes = Buffer.alloc(Math.min(chunkBytes, end - this.offset))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.offset)
      if (bytesRead === 0) return
      this.meter.add(bytes.subarray(0, bytesRead))
      this.offset += bytesRead
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0, // Not there yet.
  )
}

async function pause(over: AbortSignal): Promise<boolean> {
  try {
    await sleep(pollMs, undefined, { signal: over, ref: false })
    return true
  } catch {
    return false // Only an abort ends a sleep early.
  }
}
