import type { Failure } from '../main/core/failure.ts'
import { applyDelta } from './apply-delta.ts'
import type { Reply } from './contract.ts'
import type { Delta, Snapshot } from './live-state.ts'

/** No more deltas than these wait for a snapshot; where one is dropped, another snapshot is asked for. */
const pendingLimit = 1_000

export interface FollowOptions {
  /** Asks the host. Must not reject. */
  readonly ask: () => Promise<Reply<'snapshot'>>
  /** Called with each state in its turn, and with the one before it, if there was one. */
  readonly onStep: (now: Snapshot, before: Snapshot | undefined) => void
  /** Called when the host refuses a snapshot; what was known before may be old from now on. */
  readonly onRefused: (failure: Failure) => void
}

export interface SnapshotFollower {
  /** Takes a delta that the host sent. */
  take(delta: Delta): void
  /** Has a snapshot asked for, as when the link to the host has opened. Resolves when no request is under way any more. */
  refresh(): Promise<void>
  /** The link is gone: what waits for a snapshot came from a host that may never be back, with numbers of its own. */
  linkLost(): void
  /** Nothing is reported after this. */
  end(): void
}

/**
 * Keeps a snapshot up to date: asks for one when a delta is missing, and applies to it the deltas that came in while it was asked for.
 * Never more than one request is under way.
 */
export function followSnapshot({ ask, onStep, onRefused }: FollowOptions): SnapshotFollower {
  let snapshot: Snapshot | undefined
  let pending: Delta[] = []
  let asking: Promise<void> | undefined
  let askAgain = false
  let ended = false

  const refresh = (): Promise<void> => {
    if (asking) askAgain = true
    else asking = askUntilCurrent()
    return asking
  }

  const askUntilCurrent = async (): Promise<void> => {
    do {
      askAgain = false
      const reply = await ask()
      if (ended) return
      if (reply.ok) {
        step(reply.value)
        applyPending()
      } else {
        pending = []
        onRefused(reply.failure)
      }
    } while (askAgain)
    asking = undefined
  }

  const applyPending = (): void => {
    const waiting = pending
    pending = []
    for (const delta of waiting) apply(delta)
  }

  const apply = (delta: Delta): void => {
    const next = snapshot && applyDelta(snapshot, delta)
    if (next === undefined) {
      if (pending.length < pendingLimit) pending.push(delta)
      askAgain = true
    } else if (next !== snapshot) step(next)
  }

  const step = (now: Snapshot): void => {
    const before = snapshot
    snapshot = now
    onStep(now, before)
  }

  return {
    take: (delta) => {
      if (asking) {
        if (pending.length < pendingLimit) pending.push(delta)
        else askAgain = true
        return
      }
      if (snapshot === undefined) return // The snapshot that is still to be asked for holds it.
      apply(delta)
      if (askAgain) void refresh()
    },
    refresh,
    linkLost: () => {
      pending = []
    },
    end: () => {
      ended = true
    },
  }
}
