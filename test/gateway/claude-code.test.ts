import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { guestNetwork } from '../../main/settings/guest-network.ts'
import type { Key } from '../../main/settings/token.ts'
import { runClaudeCode } from '../support/claude-code.ts'
import { testGateway } from '../support/gateway.ts'
import { startScriptedApi } from '../support/scripted-api.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { tlsCertificate, tlsKey, tlsName } from '../support/tls-certificate.ts'

/** The real Claude Code on this host with the variables that a guest gets, and the gateway of a guest. */

const keys: readonly Key[] = [
  { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-real', source: 'file' },
  { variable: 'CLAUDE_CODE_OAUTH_TOKEN', value: 'sk-ant-oat01-real', source: 'file' },
]

const means = (port: number) => ({
  ...{ forwardAddress: '10.0.2.100', canClose: true },
  gatewayUrl: `http://127.0.0.1:${port}`,
})

test.each(keys)('with no key but a stand-in for its $variable it works, and the API sees the real one', async (key) => {
  await using api = await startScriptedApi({ expectedKey: key.value })
  const env = { ANTHROPIC_BASE_URL: api.url }
  const wish = { policy: { kind: 'closed' }, key, keyInGuest: false, env } as const
  const { gateway: config } = guestNetwork(wish, means(1))
  if (!config?.api) throw new Error('no gateway')
  const gateway = await testGateway({ api: config.api })
  const guest = guestNetwork(wish, means(gateway.port))
  const { exitCode, events, stderr } = await runClaudeCode({
    prompt: 'Add the file',
    apiUrl: '',
    allowedTools: ['Bash', 'Write'],
    env: { ANTHROPIC_API_KEY: '', ...guest.variables, [guest.key.variable]: guest.key.value },
  })
  expect(exitCode, stderr).toBe(0)
  expect(JSON.stringify([guest.variables, guest.key, events])).not.toContain(key.value)
  const authorization = key.variable === 'ANTHROPIC_API_KEY' ? 'x-api-key' : 'bearer'
  expect(api.requests).toMatchObject(Array(3).fill({ authorization, accepted: true }))
  expect(gateway.lines.map(({ verdict }) => verdict)).toEqual(['api', 'api', 'api'])
})

test('under a list it finds its API over https through the gateway, and nothing else is asked for', async () => {
  await using api = await startScriptedApi()
  const front = await tlsFront(Number(new URL(api.url).port))
  const [key] = keys
  // The name stands for that of the public API, which no test may ask for.
  const wish = { policy: { kind: 'hosts', hosts: [tlsName] }, key, keyInGuest: true, env: {} } as const
  if (!key) throw new Error('no key')
  const config = guestNetwork({ ...wish, key }, means(1)).gateway
  if (!config) throw new Error('no gateway')
  const gateway = await testGateway({
    hosts: config.hosts,
    names: { [tlsName]: ['198.18.0.7'] },
    internet: { '198.18.0.7': front },
  })
  const guest = guestNetwork({ ...wish, key }, means(gateway.port))
  const certificate = join(await temporaryFolder(), 'certificate.pem')
  await writeFile(certificate, tlsCertificate)
  const { exitCode, stderr } = await runClaudeCode({
    prompt: 'Add the file',
    apiUrl: `https://${tlsName}`,
    allowedTools: ['Bash', 'Write'],
    env: { ...guest.variables, NODE_EXTRA_CA_CERTS: certificate },
  })
  expect(exitCode, stderr).toBe(0)
  expect(api.requests).toHaveLength(3)
  const destinations = new Set(gateway.lines.map((line) => ('host' in line ? `${line.verdict} ${line.host}` : '')))
  expect([...destinations].filter((line) => !line.startsWith('ended'))).toEqual([`reached ${tlsName}`])
})

/** A server that takes the API's requests over TLS. */
async function tlsFront(port: number): Promise<number> {
  const server = createServer({ key: tlsKey, cert: tlsCertificate }, (request, response) => {
    const { method, url, headers } = request
    const onward = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}
