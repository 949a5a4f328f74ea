import { unreachable } from '../unreachable.ts'
import type { NetworkEvent, NetworkReason } from './gateway.ts'

/** All that a task's log says of one destination. */
export interface NetworkSummary {
  readonly host: string
  readonly port: number
  /** Connections made, or requests that the gateway sent in the guest's place. */
  readonly reached: number
  readonly up: number
  readonly down: number
  readonly refused: number
  readonly failed: number
  /** Of the last that did not succeed. */
  readonly reason: NetworkReason | null
  /** Names of the secrets that requests were sent with. */
  readonly secrets: readonly string[]
}

/** One entry a destination, in the order in which they were met. Pure. */
export function summarize(events: readonly NetworkEvent[]): readonly NetworkSummary[] {
  const found = new Map<string, NetworkSummary>()
  for (const event of events) {
    if (event.verdict === 'full') continue
    const { host, port } = event
    const key = `${host} ${port}`
    const none = { host, port, reached: 0, up: 0, down: 0, refused: 0, failed: 0, reason: null, secrets: [] }
    found.set(key, added(found.get(key) ?? none, event))
  }
  return [...found.values()]
}

function added(to: NetworkSummary, event: Exclude<NetworkEvent, { verdict: 'full' }>): NetworkSummary {
  switch (event.verdict) {
    case 'reached':
      return { ...to, reached: to.reached + 1 }
    case 'ended':
      return { ...to, up: to.up + event.up, down: to.down + event.down }
    case 'api':
      return { ...to, reached: to.reached + 1, up: to.up + event.up, down: to.down + event.down }
    case 'secret':
      return {
        ...{ ...to, reached: to.reached + 1, up: to.up + event.up, down: to.down + event.down },
        secrets: to.secrets.includes(event.secret) ? to.secrets : [...to.secrets, event.secret],
      }
    case 'refused':
      return { ...to, refused: to.refused + 1, reason: event.reason }
    case 'failed':
      return { ...to, failed: to.failed + 1, reason: event.reason }
    default:
      return unreachable(event)
  }
}
