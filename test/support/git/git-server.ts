import { spawn } from 'node:child_process'
import type { RequestListener } from 'node:http'

/** Git's own server, as a web server runs it. */
export function gitServer(root: string): RequestListener {
  return (request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://a')
    const child = spawn('git', ['http-backend'], {
      env: {
        ...{ PATH: process.env.PATH, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', REMOTE_USER: 'me' },
        ...{ REQUEST_METHOD: request.method, PATH_INFO: pathname, QUERY_STRING: search.slice(1) },
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: request.headers['content-length'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' },
      },
    })
    request.pipe(child.stdin)
    const pieces: Buffer[] = []
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
    child.once('close', () => {
      const said = Buffer.concat(pieces)
      const end = said.indexOf('\r\n\r\n')
      const lines = said.toString('latin1', 0, end).split('\r\n')
      const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]))
      response.writeHead(Number(headers.Status?.slice(0, 3) ?? 200), headers).end(said.subarray(end + 4))
    })
  }
}
