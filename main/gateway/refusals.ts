import type { NetworkReason } from '../core/network/gateway.ts'
import type { Destination } from '../core/network/host-rule.ts'

/** The status that tells a client of the proxy what became of its wish. */
export const statusOf = ({ kind }: { readonly kind: 'refused' | 'failed' }): number => (kind === 'refused' ? 403 : 502)

/** For the agent that reads it in a program's output. */
export function explain({ host, port }: Destination, reason: NetworkReason): string {
  return `${host}:${port}: ${texts[reason]}`
}

const texts: Readonly<Record<NetworkReason, string>> = {
  'not-listed': 'this task may not reach it. The user can add the host to the list of this repository',
  'address-refused': 'its name leads into a private network, which this task may not reach',
  'tls-name': 'the TLS greeting names another host',
  'path-refused': 'an agent has no use for this path',
  'server-tools': 'the API itself would reach out for this task',
  'api-past-gateway': 'the API is asked with the key of this task alone, at the address that ANTHROPIC_BASE_URL names',
  'secret-past-route': 'it is asked by the gateway alone, at the address that a variable SECRET_..._URL names',
  'secret-unknown': 'this task has no secret of that name',
  'method-refused': 'the secret of this host is not for such requests. The user can add it again with --method',
  'token-host-refused':
    'the registry has its tokens given by another host, which the secret is not for. The user can add it again with --token-host',
  malformed: 'the request cannot be understood',
  'name-unknown': 'the name has no address',
  unreachable: 'no connection could be made',
}
