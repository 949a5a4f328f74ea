import type { IncomingMessage } from 'node:http'
import { isAuthorized, isSame } from '../lib/bearer.ts'

/** Where the cookie is sent: browsers keep cookies apart by host and path, not by port. */
export const windowPath = '/api/window/'

/** Two servers of one host would overwrite each other's. */
const cookieName = ({ socket }: IncomingMessage): string => `microvm-window-${socket.localPort}`

/** Not to be read by scripts, not sent for other sites, and gone with the browser. */
export const sessionCookie = (request: IncomingMessage, session: string): string =>
  `${cookieName(request)}=${session}; Path=${windowPath}; HttpOnly; SameSite=Strict`

/** Whether the request comes from a page that was opened with the token, or from a program that knows `server.json`. */
export function maySpeak(
  request: IncomingMessage,
  { session, token }: { readonly session: string; readonly token: string },
): boolean {
  if (request.headers.authorization !== undefined) return isAuthorized(request.headers, token)
  const name = cookieName(request)
  return (request.headers.cookie ?? '').split(/; */).some((pair) => {
    const split = pair.indexOf('=')
    return pair.slice(0, split) === name && isSame(pair.slice(split + 1), session)
  })
}
