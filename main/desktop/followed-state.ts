import type { Reply } from '../../preload/contract.ts'
import { followSnapshot } from '../../preload/follow-snapshot.ts'
import type { Snapshot } from '../../preload/live-state.ts'
import type { Failure } from '../core/failure.ts'
import type { Backend } from './backend.ts'

/**
 * Follows the state of a backend and reports each step. Rejects when the first snapshot cannot be had.
 * @returns the end of it.
 */
export async function followState(
  backend: Pick<Backend, 'call' | 'listen'>,
  onStep: (now: Snapshot, before: Snapshot | undefined) => void,
): Promise<() => void> {
  let refused: Failure | undefined
  const follower = followSnapshot({
    ask: async () => (await backend.call('snapshot', {})) as Reply<'snapshot'>,
    onStep,
    // Later than at the start: a backend that cannot answer is going away, and the one in its place is followed from its own start.
    onRefused: (failure) => {
      refused = failure
    },
  })
  const stopListening = backend.listen(follower.take, 'changes')
  const end = (): void => {
    follower.end()
    stopListening()
  }
  await follower.refresh()
  if (!refused) return end
  end()
  throw new Error(refused.message)
}
