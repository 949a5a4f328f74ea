import type { Failure } from '../../main/core/failure.ts'
import { followSnapshot } from '../../preload/follow-snapshot.ts'
import type { Snapshot } from '../../preload/live-state.ts'
import type { Carrier } from '../carrier/carrier.ts'
import { noSession } from '../carrier/http-carrier.ts'

export type Live =
  | { readonly status: 'connecting' }
  | { readonly status: 'live'; readonly snapshot: Snapshot }
  /** What is shown may be old; null when nothing was ever known. */
  | { readonly status: 'lost'; readonly snapshot: Snapshot | null; readonly failure: Failure }

/**
 * Keeps a snapshot up to date over a link that comes and goes; each time that it opens the whole is asked for.
 * @returns the end of it.
 */
export function followHost(carrier: Carrier, tell: (live: Live) => void): () => void {
  let snapshot: Snapshot | null = null
  const follower = followSnapshot({
    ask: () => carrier.call('snapshot', {}),
    onStep: (now) => {
      snapshot = now
      tell({ status: 'live', snapshot })
    },
    onRefused: (failure) => tell({ status: 'lost', snapshot, failure }),
  })
  const stopListening = carrier.listen('delta', follower.take)
  const stopWatching = carrier.watch((link) => {
    if (link !== 'open') {
      follower.linkLost()
      tell({ status: 'lost', snapshot, failure: link === 'lost' ? notThere : noSession })
    }
    // With nothing to show, why there is nothing: the answer to a call says it better than a broken stream.
    if (link === 'open' || snapshot === null) void follower.refresh()
  })
  return () => {
    follower.end()
    stopListening()
    stopWatching()
  }
}

const notThere: Failure = {
  code: 'no-server',
  message: 'The server does not answer',
  hint: 'Tasks go on by themselves. This page comes back when the server does',
}
