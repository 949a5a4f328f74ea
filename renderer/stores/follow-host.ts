import type { Failure } from '../../main/core/failure.ts'
import { applyDelta } from '../../preload/apply-delta.ts'
import type { Delta, Snapshot } from '../../preload/contract.ts'
import type { Carrier } from '../api.ts'
import { noSession } from '../http-carrier.ts'

export type Live =
  | { readonly status: 'connecting' }
  | { readonly status: 'live'; readonly snapshot: Snapshot }
  /** What is shown may be old; null when nothing was ever known. */
  | { readonly status: 'lost'; readonly snapshot: Snapshot | null; readonly failure: Failure }

/** More than these wait for no snapshot: it is behind by then, and the next one is asked for. */
const pendingLimit = 1_000

/**
 * Keeps a snapshot up to date: asks for one whenever the link opens or a delta is missing, with what is told meanwhile applied to it.
 * Never more than one request is under way.
 * @returns the end of it.
 */
export function followHost(carrier: Carrier, tell: (live: Live) => void): () => void {
  let snapshot: Snapshot | null = null
  let pending: Delta[] = []
  let asking = false
  let askAgain = false
  let ended = false

  const ask = async (): Promise<void> => {
    if (asking) {
      askAgain = true
      return
    }
    asking = true
    askAgain = false
    const reply = await carrier.call('snapshot', {})
    asking = false
    if (ended) return
    if (!reply.ok) {
      tell({ status: 'lost', snapshot, failure: reply.failure })
      return
    }
    snapshot = reply.value
    const waiting = pending
    pending = []
    tell({ status: 'live', snapshot })
    if (askAgain) void ask()
    for (const delta of waiting) take(delta)
  }

  const take = (delta: Delta): void => {
    if (asking || snapshot === null) {
      if (pending.length < pendingLimit) pending.push(delta)
      return
    }
    const next = applyDelta(snapshot, delta)
    if (next === snapshot) return
    if (next === undefined) {
      pending.push(delta)
      void ask()
      return
    }
    snapshot = next
    tell({ status: 'live', snapshot })
  }

  const stopListening = carrier.listen('delta', take)
  const stopWatching = carrier.watch((link) => {
    if (link !== 'open') tell({ status: 'lost', snapshot, failure: link === 'lost' ? notThere : noSession })
    // With nothing to show, why there is nothing: the answer to a call says it better than a broken stream.
    if (link === 'open' || snapshot === null) void ask()
  })
  return () => {
    ended = true
    stopListening()
    stopWatching()
  }
}

const notThere: Failure = {
  code: 'no-server',
  message: 'The server does not answer',
  hint: 'Tasks go on by themselves. This page comes back when the server does',
}
