/** From now on, in milliseconds; null where the header says nothing. Seconds or a date (RFC 9110, 10.2.3). Pure. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
