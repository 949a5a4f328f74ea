import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { GatewayApi } from '../../../main/core/network/gateway.ts'
import { parseHostRule } from '../../../main/core/network/host-rule.ts'
import type { GatewaySecret } from '../../../main/core/network/secret.ts'
import type { JournalEntry } from '../../../main/gateway/journal.ts'
import { type GatewayParts, gatewayLimits } from '../../../main/gateway/parts.ts'
import { createGateway } from '../../../main/gateway/server.ts'
import { until } from '../until.ts'

export interface GatewayOptions {
  readonly hosts?: readonly string[]
  readonly api?: Omit<GatewayApi, 'serverTools'> & Partial<GatewayApi>
  readonly secrets?: readonly GatewaySecret[]
  readonly trusted?: readonly string[]
  /** What the name server answers; a list of answers is given one after the other, the last one again and again. */
  readonly names?: Readonly<Record<string, readonly string[]>>
  /** The port on the loopback that plays each address of the internet. */
  readonly internet?: Readonly<Record<string, number>>
  readonly ownAddresses?: readonly string[]
  readonly limits?: Partial<GatewayParts['limits']>
}

export interface TestGateway {
  readonly port: number
  readonly lines: readonly JournalEntry[]
  /** Every address that was connected to. */
  readonly dialed: readonly string[]
  readonly asked: readonly string[]
  /** What the gateway sends back for these bytes, until it ends the connection or `enough` holds. */
  send(bytes: string | Buffer, enough?: (answer: string) => boolean): Promise<string>
  open(): Promise<Socket>
  /** Resolves when such a line was written. */
  writes(line: Partial<JournalEntry>): Promise<void>
}

/** The real gateway on a port of the loopback; only its name server and its internet are the test's. */
export async function testGateway(options: GatewayOptions): Promise<TestGateway> {
  const lines: JournalEntry[] = []
  const dialed: string[] = []
  const asked: string[] = []
  const rules = (options.hosts ?? []).map((text) => {
    const rule = parseHostRule(text)
    if (typeof rule === 'string') throw new Error(rule)
    return rule
  })
  const gateway = createGateway({
    rules,
    api: options.api ? { serverTools: 'refuse', ...options.api } : null,
    secrets: options.secrets ?? [],
    ...(options.trusted && { trusted: options.trusted }),
    journal: { add: (line) => void lines.push(line) },
    resolve: async (name) => {
      asked.push(name)
      const answer = options.names?.[name]
      if (!answer) throw new Error('ENOTFOUND')
      return answer
    },
    ownAddresses: () => options.ownAddresses ?? ['127.0.0.1'],
    dial: (address, port) => {
      dialed.push(`${address}:${port}`)
      const there = options.internet?.[address]
      return createConnection({ port: there ?? 1, host: '127.0.0.1', allowHalfOpen: true })
    },
    limits: {
      ...gatewayLimits,
      connections: 20,
      connectMs: 5_000,
      idleMs: 30_000,
      halfOpenMs: 5_000,
      ...options.limits,
    },
  })
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  const sockets = new Set<Socket>()
  gateway.on('connection', (socket) => sockets.add(socket))
  onTestFinished(() => {
    gateway.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = gateway.address() as AddressInfo
  const open = async () => {
    const socket = createConnection(port, '127.0.0.1')
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return {
    ...{ port, lines, dialed, asked, open },
    async send(bytes, enough) {
      const socket = await open()
      let answer = ''
      const complete = new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          answer += chunk.toString('latin1')
          if (enough?.(answer)) resolve()
        })
        socket.once('close', () => resolve())
      })
      socket.write(bytes)
      await complete
      socket.destroy()
      return answer
    },
    writes: (line) =>
      until(async () =>
        lines.some((each) => Object.entries(line).every(([name, value]) => Reflect.get(each, name) === value)),
      ),
  }
}

/** A server that answers each connection's first bytes with the same in capitals, and remembers them. */
export async function echo(): Promise<{ readonly port: number; readonly heard: readonly string[] }> {
  const heard: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'))
      socket.write(chunk.toString('latin1').toUpperCase())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, heard }
}
