import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '../../core/failure.ts'
import type { TaskCaps } from '../../core/task/caps.ts'
import { GrowingGuestFile } from '../../lib/guest/growing-guest-file.ts'
import { shareNames } from '../record/task-files.ts'
import { UsageMeter } from './usage-meter.ts'

const pollMs = 500

/**
 * Watches what the guest says of itself, its stream and console: resolves with the failure of the cap that is reached, undefined
 * when `over` fires first. Time is monotonic; a restarted orchestrator reads the stream from its start, and hears silence again.
 */
export async function capReached(
  { maxTokens, silenceTimeoutMs }: TaskCaps,
  {
    share,
    console,
    waitsForUser,
  }: {
    readonly share: string
    readonly console: string
    /** Whether the agent waits for its user: that silence is none of its own. */
    readonly waitsForUser?: () => boolean
  },
  over: AbortSignal,
): Promise<Failure | undefined> {
  if (maxTokens === null && silenceTimeoutMs === null) return undefined
  const meter = new UsageMeter()
  const stream = new GrowingGuestFile(share, shareNames.stream)
  let heard = ''
  let heardAt = performance.now()
  while (await pause(over)) {
    await stream.look((chunk) => meter.add(chunk))
    if (maxTokens !== null && meter.tokens > maxTokens) {
      return {
        code: 'token-limit',
        message: `The task ran into its limit of ${maxTokens} tokens: it took ${meter.tokens}`,
        hint: 'Its work is kept; give max_tokens more room to go on',
      }
    }
    const now = `${stream.offset} ${await sizeOf(console)}`
    if (now !== heard || waitsForUser?.()) {
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
