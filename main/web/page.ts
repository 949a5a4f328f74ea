import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Handler } from '../lib/http/http-listener.ts'
import type { Log } from '../lib/log.ts'
import { pageHeaders, readPageFile } from '../window/page-files.ts'

export interface PageOptions {
  /** Of the built window. */
  readonly directory: string
  /** Builds the window where there is none yet; answers whether there was something to build. */
  readonly build: () => Promise<boolean>
  readonly log: Log
}

/** The window's files, for the route `/`. They are no secret: without the token, which this server never sends, they can ask nothing. */
export function createPage({ directory, build, log }: PageOptions): Handler {
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return say(response, 405, 'Only GET is answered here; the MCP endpoint is /mcp.', { allow: 'GET, HEAD' })
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const file = await readPageFile(directory, url.pathname, String(request.headers['accept-encoding'] ?? ''))
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
