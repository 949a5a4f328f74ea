/** What may be done at once, and how fast that comes back. */
export interface Rate {
  readonly burst: number
  readonly perMinute: number
}

/** How much was left at a moment, in milliseconds of a clock that no one sets. */
export interface Bucket {
  readonly left: number
  readonly atMs: number
}

const minuteMs = 60_000

export const refilled = ({ left, atMs }: Bucket, { burst, perMinute }: Rate, nowMs: number): Bucket => ({
  left: Math.min(burst, left + ((nowMs - atMs) * perMinute) / minuteMs),
  atMs: nowMs,
})

/** How long until one is left, in milliseconds; 0 when one is. */
export const waitMs = ({ left }: Bucket, { perMinute }: Rate): number =>
  left >= 1 ? 0 : ((1 - left) * minuteMs) / perMinute
