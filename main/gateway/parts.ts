import type { Socket } from 'node:net'
import type { GatewayApi } from '../core/network/gateway.ts'
import type { HostRule } from '../core/network/host-rule.ts'
import type { GatewaySecret } from '../core/network/secret.ts'
import type { Journal } from './journal.ts'

/** What the gateway is made of: its rules, and the world that it looks at. */
export interface GatewayParts {
  readonly rules: readonly HostRule[]
  readonly api: GatewayApi | null
  readonly secrets: readonly GatewaySecret[]
  /** What secrets' hosts may be certified by, in place of what this host trusts, where a test has its own. */
  readonly trusted?: readonly string[]
  readonly journal: Journal
  /** All addresses of a name. Rejects when it has none. */
  readonly resolve: (name: string) => Promise<readonly string[]>
  /** Those that this host has now. */
  readonly ownAddresses: () => readonly string[]
  /** Begins a connection to an address that was checked. */
  readonly dial: (address: string, port: number) => Socket
  readonly limits: GatewayLimits
}

export interface GatewayLimits {
  /** Connections that a guest has open at once; further ones are closed. */
  readonly connections: number
  /** To find a name's addresses, and to connect to one. */
  readonly connectMs: number
  /** A connection over which nothing goes for so long is closed; an answer of the API may take minutes to begin. */
  readonly idleMs: number
  /** The same once one side has said all that it has to say. */
  readonly halfOpenMs: number
  /** Of one request to the API, which itself takes no more; and of all that are under way. */
  readonly bodyBytes: number
  readonly bodiesBytes: number
}

export const gatewayLimits: GatewayLimits = {
  connections: 256,
  connectMs: 15_000,
  idleMs: 15 * 60_000,
  halfOpenMs: 60_000,
  bodyBytes: 32 * 1024 ** 2,
  bodiesBytes: 96 * 1024 ** 2,
}
