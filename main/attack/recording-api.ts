import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SeenRequest } from './attack.ts'

/** A stand-in for the API on this host's loopback. */
export interface RecordingApi extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly host: string
  readonly seen: readonly SeenRequest[]
}

/** Answers every request before it has read its body, as a server may, and keeps its connections open for more. */
export async function openRecordingApi(): Promise<RecordingApi> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    const bearer = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]
    const record = {
      method,
      path: url.split('?')[0] ?? '',
      key: String(headers['x-api-key'] ?? bearer ?? '') || null,
      body: '',
    }
    seen.push(record)
    request.on('data', (bytes: Buffer) => {
      record.body += bytes.toString('latin1')
    })
    request.on('error', () => undefined) // Its sender went away.
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
