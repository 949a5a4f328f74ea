import { z } from 'zod'
import type { Interruption } from '../core/task/parking.ts'
import { shareNames } from '../core/task/share-names.ts'
import { readGuestFileTail } from '../lib/guest/guest-file.ts'
import { lastLineOf, streamTailBytes } from './read-result.ts'

/** How Claude Code 2.1.330 ends when the API refused (measured): `subtype` says success all the same. */
const refusalSchema = z.object({
  type: z.literal('result'),
  is_error: z.boolean(),
  api_error: z.string().nullable().catch(null),
  api_error_status: z.number().nullable().catch(null),
  result: z.string().catch(''),
})

/** Comes before the end where the limit is a subscription's; `resetsAt` in seconds since the epoch. */
const limitSchema = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({ status: z.literal('rejected'), resetsAt: z.number().positive() }),
})

/** Versions before that end with these words alone, some with the time of the reset in seconds. */
const limitWords = /usage limit reached(?:\|(\d{10}))?|you've hit your .{0,40}limit/i

/** Whether the agent was stopped by a limit or an outage of its API, as the last lines of its stream tell. */
export async function readInterruption(share: string): Promise<Interruption | null> {
  return parseInterruption((await readGuestFileTail(share, shareNames.stream, streamTailBytes)).toString('utf8'))
}

/** Pure. */
export function parseInterruption(streamTail: string): Interruption | null {
  const end = lastLineOf(streamTail, '"result"', refusalSchema)
  if (!end?.is_error) return null
  const words = limitWords.exec(end.result)
  if (end.api_error === 'usage_limit_reached' || end.api_error_status === 429 || words) {
    const told = lastLineOf(streamTail, '"rate_limit_event"', limitSchema)?.rate_limit_info.resetsAt
    const resetsAt = told ?? (words?.[1] === undefined ? null : Number(words[1]))
    return { kind: 'usage-limit', resetsAt: resetsAt === null ? null : resetsAt * 1000 }
  }
  const unavailable = end.api_error === 'connection_failed' || (end.api_error_status ?? 0) >= 500
  return unavailable ? { kind: 'api-unavailable' } : null
}
