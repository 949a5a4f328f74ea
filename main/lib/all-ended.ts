/** Waits until all have ended, and then throws what the first of them that failed did: nothing of them goes on beside the clean-up. */
export async function allEnded(started: readonly Promise<unknown>[]): Promise<void> {
  for (const one of await Promise.allSettled(started)) if (one.status === 'rejected') throw one.reason
}
