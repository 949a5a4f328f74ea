import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { GatewaySecret, Secret } from '../../../main/core/network/secret.ts'
import { gatewaySecret } from '../../../main/settings/secrets/gateway-secret.ts'
import { tlsCertificate, tlsKey } from './tls-certificate.ts'

export const secretValue = 's3cret+Value/of&the user'

export const secretOf = (changes: Partial<Secret> = {}): Secret => ({
  ...{ name: 'CORP', host: 'localhost', port: 443, form: { kind: 'bearer' }, methods: ['GET', 'HEAD'] },
  ...{ repositories: null, tools: [], path: null, tokenHost: null, publicKey: null },
  ...changes,
})

/** As a machine's gateway has it. */
export const givenSecret = (changes: Partial<Secret> = {}, value = secretValue): GatewaySecret =>
  gatewaySecret(secretOf(changes), value)

/** The same over plain HTTP, for a server that writes down bytes. */
export const plainSecret = (origin: string, changes: Partial<Secret> = {}): GatewaySecret => ({
  ...givenSecret(changes),
  origin,
})

/** A server behind TLS on the loopback, whose certificate is the test's own. */
export async function tlsUpstream(
  listener: RequestListener,
): Promise<{ readonly port: number; readonly trusted: string[] }> {
  const server = createServer({ cert: tlsCertificate, key: tlsKey }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, trusted: [tlsCertificate] }
}
