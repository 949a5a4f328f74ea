import { setTimeout as sleep } from 'node:timers/promises'

/** The longest that a call of the window waits for something new; it asks again. */
const longestWaitMs = 25_000
const pollMs = 100

/**
 * Looks again until the look found something; answers the last look when the wait is over. Only while someone waits for the
 * answer is anything looked at.
 * @throws the signal's reason when the caller is gone.
 */
export async function waitFor<Found>(
  look: () => Promise<Found>,
  isEnough: (found: Found) => boolean,
  signal: AbortSignal,
): Promise<Found> {
  const endsAt = performance.now() + longestWaitMs
  for (;;) {
    signal.throwIfAborted()
    const found = await look()
    if (isEnough(found) || performance.now() >= endsAt) return found
    await sleep(pollMs, undefined, { signal })
  }
}
