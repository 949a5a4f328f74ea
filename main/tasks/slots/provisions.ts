import type { GatewayConfig } from '../../core/network/gateway.ts'
import type { Place } from '../../core/task/task-place.ts'
import type { Forward } from '../../machines/driver.ts'
import type { HomeFiles } from '../../settings/claude-home/home-copies.ts'

/** What the guest is given to work with. */
export interface Assignment {
  /** The name of the variable that takes the key, and the key. */
  readonly key: { readonly variable: string; readonly value: string }
  /** Variables for the agent, without the key. */
  readonly variables: Readonly<Record<string, string>>
  /** Whether the guest has a way of its own to the internet. */
  readonly egress: 'open' | 'closed'
  /** How long an agent that has answered may wait for commands in the background alone; left out or null, as long as it likes. */
  readonly idleBackgroundMs?: number | null
  /** What of the user's own Claude Code comes along. */
  readonly claudeHome?: HomeFiles
}

/** The place of a task on another host, as far as it decides what the task is given. */
export type KeyAt = Pick<Place, 'name' | 'key'>

/** What one task is given, decided when it was accepted. */
export interface Provisions extends Assignment {
  readonly forwards: readonly Forward[]
  readonly privateNetworks?: boolean
  readonly gateway?: GatewayConfig
  /** A socket of this host that stands in for the gateway, which is on another one. */
  readonly gatewaySocket?: string
}
