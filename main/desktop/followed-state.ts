import { applyDelta } from '../../preload/apply-delta.ts'
import type { Snapshot } from '../../preload/contract.ts'
import type { Backend } from './backend.ts'

/**
 * Follows the state of a backend and tells each step. Rejects when the first snapshot cannot be had.
 * @returns the end of it.
 */
export async function followState(
  backend: Backend,
  onStep: (now: Snapshot, before: Snapshot | undefined) => void,
): Promise<() => void> {
  let now: Snapshot | undefined
  let asking = false
  const ask = async (): Promise<void> => {
    const reply = await backend.call('snapshot', {})
    if (!reply.ok) throw new Error(reply.failure.message)
    const before = now
    now = reply.value as Snapshot
    onStep(now, before)
  }
  const end = backend.listen((delta) => {
    if (!now || asking) return
    const next = applyDelta(now, delta)
    if (next) {
      const before = now
      now = next
      onStep(next, before)
      return
    }
    asking = true
    // A backend that cannot answer is going away; who replaces it is followed anew.
    void ask()
      .catch(() => undefined)
      .finally(() => {
        asking = false
      })
  }, 'changes')
  try {
    await ask()
  } catch (error) {
    end()
    throw error
  }
  return end
}
