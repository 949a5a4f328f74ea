import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** How a server answers one request for a file; `from` is the byte that it was asked to begin at. */
export type Habit = (response: ServerResponse, content: Buffer, from: number) => void

/** As a server should. */
export const sound: Habit = (response, content, from) => {
  const rest = content.subarray(from)
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, ...(from > 0 && range) }).end(rest)
}

/** Says the whole length, sends some, and is gone. */
export const cutAfter =
  (bytes: number): Habit =>
  (response, content, from) => {
    const rest = content.subarray(from)
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, ...(from > 0 && range) })
    response.write(rest.subarray(0, bytes), () => response.destroy())
  }

/** Sends all of it from the beginning, whatever it is asked for. */
export const withoutRanges: Habit = (response, content) => sound(response, content, 0)

export const status =
  (code: number): Habit =>
  (response) =>
    void response.writeHead(code).end('no')

export interface OddServer {
  readonly url: string
  /** The range of each request that came, or `all`; for every path alike. */
  readonly asked: readonly string[]
  files: Readonly<Record<string, Buffer>>
}

/** Serves the files below `/files/`, each answer by the next habit, and by the last one when there are no more. `/moved/` leads there. */
export async function startOddServer(
  files: Readonly<Record<string, Buffer>>,
  ...habits: readonly Habit[]
): Promise<OddServer> {
  const asked: string[] = []
  const queue = [...habits]
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    const name = pathname.split('/').at(-1) ?? ''
    if (pathname.startsWith('/moved/')) return void response.writeHead(302, { location: `/files/${name}` }).end()
    if (pathname.startsWith('/round/')) return void response.writeHead(302, { location: pathname }).end()
    const { range } = request.headers
    asked.push(range ?? 'all')
    const content = result.files[name]
    const usual = (queue.length > 1 ? queue.shift() : queue[0]) ?? sound
    const habit = content === undefined ? status(404) : usual
    habit(response, content ?? Buffer.alloc(0), Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0))
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const result = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`, asked, files }
  return result
}
