import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { hostIn } from '../lib/addresses.ts'

/**
 * Each request has a connection of its own, so nothing of one can become part of the next, whatever a server makes of it. TLS
 * sessions are resumed.
 */
const agents = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) }

export interface Onward {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** Name and value by turns. */
  readonly headers: string[]
  /** In place of the certificates that this host trusts. */
  readonly trusted?: readonly string[] | undefined
}

/** A request to the host of the URL, over TLS with its certificate checked where the URL says https; nothing else says where it goes. */
export function openOnward(base: URL, { method, path, headers, trusted }: Onward): ClientRequest {
  const secure = base.protocol === 'https:'
  const target = {
    hostname: hostIn(base),
    port: base.port || (secure ? 443 : 80),
    ...{ method, path, headers },
  }
  if (!secure) return httpRequest({ ...target, agent: agents.http })
  // Said here, since a variable of the environment turns the check off for who says nothing.
  const checks = { rejectUnauthorized: true, ...(trusted && { ca: [...trusted] }) }
  return httpsRequest({ ...target, ...checks, agent: agents.https })
}
