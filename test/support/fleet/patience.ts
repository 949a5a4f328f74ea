import type { Patience } from '../../../main/fleet/follow/patience.ts'

/** For places that answer at once, or never. */
export const shortPatience: Patience = {
  retryMs: { least: 50, most: 500 },
  lostMs: 60_000,
  stopMs: 10_000,
  endMs: 60_000,
  overtimeMs: 60_000,
  keyMs: 200,
}
