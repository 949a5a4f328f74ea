import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isAuthorized } from '../lib/http/bearer.ts'

export const windowPath = '/api/window/'

/**
 * Whether the request comes from a page that was opened with the window's token, or from a program that knows `server.json`. Both show
 * theirs in a header that a script must set: a cookie would go to every port of this host, and with requests of any page.
 */
export const maySpeak = (
  { headers }: Pick<IncomingMessage, 'headers'>,
  { session, token }: { readonly session: string; readonly token: string },
): boolean => isAuthorized(headers, session) || isAuthorized(headers, token)

const noncePattern = /^[\w-]{16,128}$/

/**
 * Shows a page that this server knows the token, without the page having shown it: whatever took the port after us does not.
 * @returns undefined for what is no nonce.
 */
export function proofOf(session: string, host: string, nonce: string): string | undefined {
  if (!noncePattern.test(nonce)) return undefined
  return createHmac('sha256', session).update(`${host.toLowerCase()}\n${nonce}`).digest('base64url')
}
