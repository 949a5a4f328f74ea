import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSame } from '../lib/bearer.ts'
import type { Handler } from '../lib/http-listener.ts'
import type { Log } from '../lib/log.ts'
import { pageHeaders, readPageFile } from '../window/page-files.ts'
import { sessionCookie } from './page-session.ts'

export interface PageOptions {
  /** Of the built window. */
  readonly directory: string
  /** In the address that `serve` prints; good until the server ends. */
  readonly token: string
  /** What a browser is given for the token. */
  readonly session: string
  /** Builds the window where there is none yet; answers whether there was something to build. */
  readonly build: () => Promise<boolean>
  readonly log: Log
}

/**
 * The window's files, for the route `/`. The address with the token gives the browser its session and goes on to the same page
 * without it, so that the token stays in no history. The files themselves are no secret: without a session they can ask nothing.
 */
export function createPage({ directory, token, session, build, log }: PageOptions): Handler {
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return say(response, 405, 'Only GET is answered here; the MCP endpoint is /mcp.', { allow: 'GET, HEAD' })
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const shown = url.searchParams.get('token')
    if (shown !== null) {
      if (!isSame(shown, token))
        return say(response, 403, 'This address is of an earlier start. Open the one that `serve` printed last.')
      const location = { location: url.pathname, 'set-cookie': sessionCookie(request, session) }
      return say(response, 303, 'Go on without the token.', location)
    }
    const file = await readPageFile(directory, url.pathname)
    if (!file && url.pathname === '/') {
      log.info('the window is not built yet; building it')
      const built = await build()
      log.info('the window is built', { built })
      return built
        ? say(response, 303, 'The window is built now.', { location: '/' })
        : say(response, 503, 'The window is not built. Run: npm run build')
    }
    if (file) return send(request, response, 200, file.bytes, file.headers)
    return say(response, 404, 'Not found.')
  }
}

function say(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
  send(response.req, response, status, Buffer.from(`${text}\n`), {
    ...pageHeaders,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  })
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
