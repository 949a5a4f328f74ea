import { lookup } from 'node:dns/promises'
import { openSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import type { GatewayConfig } from '../core/network/gateway.ts'
import { parseHostRule } from '../core/network/host-rule.ts'
import { ownAddresses } from '../lib/address-kind.ts'
import { fileJournal } from './journal.ts'
import { gatewayLimits } from './parts.ts'
import { createGateway } from './server.ts'

/**
 * The gateway of one machine, a process of its own that outlives the orchestrator as the machine does. Takes its `GatewayConfig` from
 * standard input, listens on two sockets, and ends when the process that connected to the second lets go of it: the hypervisor does, at the
 * machine's end. SIGTERM ends it before.
 */
const { values } = parseArgs({
  options: { socket: { type: 'string' }, lifeline: { type: 'string' }, log: { type: 'string' } },
})
const { socket = '', lifeline = '', log = '' } = values
const { hosts, api, secrets = [] } = JSON.parse(await text(process.stdin)) as GatewayConfig

const gateway = createGateway({
  rules: hosts.map(rule),
  api,
  secrets,
  journal: fileJournal(openSync(log, 'a', 0o600)),
  resolve: async (name) => (await lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address),
  ownAddresses,
  dial: (host, port) => createConnection({ host, port, allowHalfOpen: true }),
  limits: gatewayLimits,
})
const connections = new Set<Socket>()
gateway.on('connection', (connection) => {
  connections.add(connection)
  connection.once('close', () => connections.delete(connection))
})
const lifelines = new Set<Socket>()
const life = createServer((connection) => {
  lifelines.add(connection)
  connection.on('error', () => undefined) // `close` follows.
  connection.once('close', end)
  connection.resume()
})

// What one connection makes go wrong must not end the others, and the machine with them.
let defects = 0
process.on('uncaughtException', (error) => {
  defects += 1
  if (defects <= 100) console.error(error)
})
process.once('SIGTERM', end)
await listen(life, lifeline)
await listen(gateway, socket)

/** Open connections end, and with that are written down; then nothing keeps this process. */
function end(): void {
  life.close()
  gateway.close()
  for (const connection of [...connections, ...lifelines]) connection.destroy()
}

function rule(text: string) {
  const parsed = parseHostRule(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}
