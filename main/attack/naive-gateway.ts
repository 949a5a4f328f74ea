import { once } from 'node:events'
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { GatewaySecret } from '../core/network/secret.ts'
import { plantedSecret } from './catalog/gateway-attacks.ts'

/** A gateway as one writes it the first time, on this host's loopback. */
export interface NaiveGateway extends AsyncDisposable {
  readonly port: number
}

/**
 * Passes on what it is sent, the headers with it, over a connection that it keeps, and adds the key, or the secret of a route, where there is none. What
 * begins like a path that an agent needs is one, and where it connects to is the guest's wish.
 */
export async function openNaiveGateway(apiHost: string, key: string): Promise<NaiveGateway> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const [hostname = '', port = ''] = apiHost.split(':')
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const asked = (request.url ?? '').replace(/^http:\/\/[^/]*/, '')
    const routed = /^\/secrets\/PLANTED(\/.*)$/.exec(asked)?.[1]
    const path = routed ?? asked
    if (routed === undefined && !/^\/v1\/(messages|models)/.test(path)) return void response.writeHead(403).end()
    const { method } = request
    const onward = httpRequest({
      hostname,
      port,
      path,
      agent,
      ...(method && { method }),
      headers: headersOf(request, apiHost, routed === undefined ? key : plantedSecret(apiHost).header),
    })
    onward.on('error', () => response.destroy())
    onward.on('response', (answered) => {
      response.writeHead(answered.statusCode ?? 502)
      answered.pipe(response)
    })
    if (method === 'GET') onward.end()
    else request.pipe(onward)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  server.on('connect', (_request, guest: Socket, first: Buffer) => {
    const far = connect(Number(port), hostname)
    sockets.add(far)
    far.on('error', () => guest.destroy())
    guest.write('HTTP/1.1 200 Connection established\r\n\r\n')
    far.write(first)
    guest.pipe(far).pipe(guest)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      agent.destroy()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function headersOf(
  { rawHeaders, headers }: IncomingMessage,
  apiHost: string,
  given: string | GatewaySecret['header'],
): string[] {
  const [name, value] = typeof given === 'string' ? ['X-Api-Key', given] : [given.name, given.value]
  const passed = rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)]?.toLowerCase() ?? ''
    return !['host', 'connection'].includes(name)
  })
  const hasKey = headers['x-api-key'] !== undefined || headers.authorization !== undefined
  return ['Host', apiHost, ...passed, ...(hasKey ? [] : [name, value])]
}
