import type { GatewaySecret } from './secret.ts'

/** What a machine's gateway lets through, told to it over its standard input: it may hold the key and secrets. */
export interface GatewayConfig {
  /** Rules as `formatHostRule` gives them; every other destination is refused. */
  readonly hosts: readonly string[]
  /** The API that the gateway itself asks, wherever it is; null where the guest finds it without help. */
  readonly api: GatewayApi | null
  /** Each with a route of its own, and its host with no other. Left out: none. */
  readonly secrets?: readonly GatewaySecret[]
}

export interface GatewayApi {
  /** Where requests go; its path comes before theirs. */
  readonly url: string
  /** The key and the header that takes it, in place of what the guest sends; null where the guest has the key. */
  readonly credential: { readonly header: 'x-api-key' | 'authorization'; readonly key: string } | null
  /** Whether the API may reach out by itself for the guest: search, fetch, run code, connect to MCP servers. */
  readonly serverTools: 'allow' | 'refuse'
}

/** Why a destination was not reached. */
export type NetworkReason =
  | 'not-listed'
  /** The name leads into a private network or to this host. */
  | 'address-refused'
  /** A TLS greeting for another name than the one that was asked for. */
  | 'tls-name'
  /** Not a path of the API that an agent needs. */
  | 'path-refused'
  /** The API itself would have reached out for the guest. */
  | 'server-tools'
  /** The API past the gateway that asks it: with a key of another person's it would carry anything out. */
  | 'api-past-gateway'
  /** The host of a secret past its route: with an account of another person's it would carry anything out. */
  | 'secret-past-route'
  /** No secret of this name is for this task. */
  | 'secret-unknown'
  /** A method for which the secret is not. */
  | 'method-refused'
  /** A registry whose tokens are given by a host that the secret is not for. */
  | 'token-host-refused'
  | 'malformed'
  | 'name-unknown'
  | 'unreachable'

/** One line of `network.jsonl`. Times are ISO 8601, UTC; `up` is what the guest sent, `down` what it got, in bytes. */
export type NetworkEvent = { readonly at: string } & (
  | { readonly verdict: 'reached'; readonly host: string; readonly port: number }
  | {
      readonly verdict: 'ended' | 'api'
      readonly host: string
      readonly port: number
      readonly up: number
      readonly down: number
    }
  | {
      readonly verdict: 'secret'
      readonly host: string
      readonly port: number
      /** The name of the secret that a request was sent with. */
      readonly secret: string
      readonly method: string
      /** Of the answer; null when none came. */
      readonly status: number | null
      readonly up: number
      readonly down: number
    }
  | {
      readonly verdict: 'refused' | 'failed'
      readonly host: string
      readonly port: number
      readonly reason: NetworkReason
      /** Whose route was asked for. */
      readonly secret?: string
    }
  /** No more lines of this verdict follow. */
  | { readonly verdict: 'full'; readonly of: NetworkVerdict }
)

export type NetworkVerdict = 'reached' | 'ended' | 'api' | 'secret' | 'refused' | 'failed'
