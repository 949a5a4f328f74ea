import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { findGateway, gatewayCommand, networkPermission } from '../../main/machines/gateway-program.ts'
import { connected } from '../support/connected.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { tlsCertificate, tlsKey } from '../support/web/tls-certificate.ts'

const opened = ['--allow-net', '--disable-warning=ExperimentalWarning']

test.each([
  ['24.0.0', []],
  ['v24.21.0\n', []],
  ['25.0.0', opened],
  ['v26.12.1\n', opened],
  ['27.0.0-nightly20260101', opened],
  ['100.1.0', opened],
  ['', []],
])('a Node that calls itself %j is given %j', (version, flags) => {
  expect(networkPermission(version)).toEqual(flags)
})

test('the Node that runs us has a permission for the network exactly where it would be given one', () => {
  expect(process.allowedNodeEnvironmentFlags.has('--allow-net')).toBe(
    networkPermission(process.versions.node).length > 0,
  )
})

test('the program under its permissions asks an API over TLS for a guest, writes it down, and ends with the machine', async () => {
  const folder = await temporaryFolder()
  const api = createServer({ key: tlsKey, cert: tlsCertificate }, (request, response) => {
    response.end(JSON.stringify({ url: request.url, key: request.headers['x-api-key'] }))
  }).listen(0, '127.0.0.1')
  await once(api, 'listening')
  onTestFinished(() => {
    api.close()
    api.closeAllConnections()
  })
  const { port } = api.address() as AddressInfo
  const [socket, lifeline, log] = ['gateway.sock', 'lifeline.sock', 'network.jsonl'].map((name) => join(folder, name))
  const certificate = join(folder, 'certificate.pem')
  await writeFile(certificate, tlsCertificate)
  if (!socket || !lifeline || !log) throw new Error('no paths')
  const [node, ...args] = gatewayCommand({ socket, lifeline }, { ...(await findGateway()), log })
  const config = {
    hosts: [],
    api: {
      url: `https://localhost:${port}`,
      credential: { header: 'x-api-key', key: 'sk-ant-host' },
      serverTools: 'refuse',
    },
  }
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const env = { PATH: process.env.PATH ?? '', NODE_EXTRA_CA_CERTS: certificate }
  const ended = run(node, args, { env, input: JSON.stringify(config) }, stop.signal)
  const listening = Promise.all([connected(lifeline), connected(socket)])
  const failed = ended.then(({ stderr }) => Promise.reject(new Error(`The gateway ended: ${stderr}`)))
  const [machine, guest] = await Promise.race([listening, failed])
  guest.write('GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Api-Key: guest\r\nConnection: close\r\n\r\n')
  expect(await text(guest)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"key":"sk-ant-host"/)
  machine.destroy()
  expect(await ended).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await readFile(log, 'utf8')).toMatch(/"verdict":"api","host":"localhost"/)
})

test('a program whose machine goes on without it ends when it is asked to, and its connections with it', async () => {
  const folder = await temporaryFolder()
  const [socket, lifeline, log] = ['gateway.sock', 'lifeline.sock', 'network.jsonl'].map((name) => join(folder, name))
  if (!socket || !lifeline || !log) throw new Error('no paths')
  const [node, ...args] = gatewayCommand({ socket, lifeline }, { ...(await findGateway()), log })
  const gateway = spawn(node, args, { env: { PATH: process.env.PATH ?? '' } })
  onTestFinished(() => void gateway.kill('SIGKILL'))
  gateway.stdin.end(JSON.stringify({ hosts: [], api: null }))
  const [machine, guest] = await Promise.all([connected(lifeline), connected(socket)])
  machine.resume()
  guest.resume()
  const closed = Promise.all([once(machine, 'end'), once(guest, 'end')])
  gateway.kill('SIGTERM')
  expect(await once(gateway, 'exit')).toEqual([0, null])
  await closed
})
