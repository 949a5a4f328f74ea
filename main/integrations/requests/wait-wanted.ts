import { retryAfterMs } from '../../lib/http/retry-after.ts'

/** Longer waits than this are not believed. */
const longestMs = 6 * 60 * 60_000

/**
 * Until when a forge wants to be left alone after such an answer, in ms since the epoch; null where it does not say. GitHub answers 403 or 429 with `retry-after` or with
 * nothing remaining until `x-ratelimit-reset`; GitLab has `ratelimit-reset`, both in seconds since the epoch. Pure.
 */
export function waitWanted(status: number, headers: Headers, now: number): number | null {
  if (status < 400) return null
  const after = retryAfterMs(headers.get('retry-after'), now)
  const until = after === null ? resetOf(headers) : now + after
  return until === null ? null : Math.min(Math.max(until, now), now + longestMs)
}

function resetOf(headers: Headers): number | null {
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining')
  const reset = headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset')
  return remaining === '0' && reset !== null && /^\d{1,12}$/.test(reset) ? Number(reset) * 1000 : null
}
