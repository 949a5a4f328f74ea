import type { IncomingMessage } from 'node:http'

/** How a request's body is delimited, as the gateway frames it when it asks in the guest's place. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'sized'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Two servers could disagree about where it ends, or about whom it is for. */
  | { readonly kind: 'ambiguous' }

/** A second one of these makes readers disagree. */
const atMostOnce = ['host', 'content-length', 'transfer-encoding'] as const

/**
 * Of a request that Node's parser accepted. Only this answer goes on: no framing header of the guest does, so what is accepted here
 * decides which requests are refused, never where the next one begins. Pure.
 */
export function framingOf({ rawHeaders, httpVersion }: Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>): Framing {
  const values = (name: string) =>
    rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
  if (atMostOnce.some((name) => values(name).length > 1)) return { kind: 'ambiguous' }
  const [length] = values('content-length')
  const [coding] = values('transfer-encoding')
  if (coding !== undefined) {
    const isPlain = length === undefined && httpVersion === '1.1' && coding === 'chunked'
    return { kind: isPlain ? 'chunked' : 'ambiguous' }
  }
  if (length === undefined) return { kind: 'none' }
  if (!/^\d{1,15}$/.test(length)) return { kind: 'ambiguous' }
  return Number(length) === 0 ? { kind: 'none' } : { kind: 'sized', bytes: Number(length) }
}
