import type { IncomingMessage } from 'node:http'
import { clientNamePattern, consumerName } from '../api/consumer-name.ts'

export type NamedConsumer =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'invalid' }

/** The event consumer that the client names by `X-Client-Id` or `?client=`; the header wins. */
export function consumerNameOf(request: IncomingMessage): NamedConsumer {
  const header = request.headers['x-client-id']
  const name = header ?? new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('client')
  if (name === null || name === '') return { kind: 'anonymous' }
  return typeof name === 'string' && clientNamePattern.test(name)
    ? { kind: 'named', name: consumerName(name) }
    : { kind: 'invalid' }
}
