import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { hostSize } from '../../main/lib/host-size.ts'
import { listen } from '../../main/lib/http/http-listener.ts'
import { silentLog } from '../../main/lib/log.ts'
import { createPage } from '../../main/web/page.ts'
import { createWindowApi } from '../../main/web/window-api.ts'
import type { WindowService } from '../../main/window/service.ts'
import type { Delta } from '../../preload/live-state.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { send } from '../support/web/mcp-endpoint.ts'
import { startWindowService } from '../support/window/window-service.ts'

const token = 'control-token'.padEnd(40, '-')
const session = 'session'.padEnd(40, '-')

async function startPage(service: WindowService, waitingLimitBytes?: number) {
  const directory = await temporaryFolder()
  await mkdir(join(directory, 'assets'))
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>Window</title>')
  await writeFile(join(directory, 'assets', 'index-1a2b.js'), 'export {}')
  await writeFile(join(directory, '..', 'outside.html'), 'not yours').catch(() => undefined)
  const log = silentLog
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    log,
    routes: {
      '/api/window/': createWindowApi({
        service,
        token,
        session,
        version: '1.2.3',
        log,
        ...(waitingLimitBytes !== undefined && { waitingLimitBytes }),
      }),
      '/': createPage({ directory, build: async () => false, log }),
    },
  })
  onTestFinished(() => listener.close())
  const { port } = listener
  const shown = { authorization: `Bearer ${session}` }
  const call = (name: string, body: unknown, headers: Record<string, string> = shown) =>
    send(port, `/api/window/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  return { port, shown, call, directory }
}

/** The contract with a few calls in it, and a feed that the test drives. */
function scriptedService() {
  const listeners = new Set<(delta: Delta) => void>()
  let seq = 0
  const tell = (changes: Delta['changes'] = []) => {
    seq += 1
    for (const listener of listeners) listener({ seq, changes })
  }
  const service = {
    calls: {},
    listen: (listener: (delta: Delta) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    skip: () => tell(),
    [Symbol.dispose]: () => undefined,
  } as unknown as WindowService
  return { service, tell, listeners }
}

/** An event stream that is read when the test says so. */
async function openEvents(port: number, headers: Record<string, string>) {
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path: '/api/window/events',
    headers,
    agent: false,
  })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  onTestFinished(() => void request.destroy())
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const notices = () =>
    [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json) as { name: string; notice: Delta })
  return { request, response, notices }
}

test('a page that shows the token is answered, and nothing that is served holds it or sets a cookie', async () => {
  const { port, call } = await startPage((await startWindowService()).service)
  const page = await send(port, `/?token=${session}`)
  expect(page.status).toBe(200)
  expect(JSON.stringify([page.headers, page.body])).not.toContain(session)
  expect(page.headers).not.toHaveProperty('set-cookie')
  expect(JSON.parse((await call('host', {})).body)).toEqual({
    ok: true,
    value: { kind: 'web', platform: process.platform, version: '1.2.3', size: hostSize(), startAtLogin: null },
  })
})

test('without the token in its header, or from another page, nothing is answered', async () => {
  const { port, shown, call } = await startPage((await startWindowService()).service)
  const statusWith = async (headers: Record<string, string>) => (await call('snapshot', {}, headers)).status
  expect(await statusWith({})).toBe(401)
  for (const name of [`microvm-window-${port}`, 'microvm-window-token', 'authorization'])
    expect(await statusWith({ cookie: `${name}=${session}` })).toBe(401)
  expect(await statusWith({ authorization: 'Bearer wrong' })).toBe(401)
  expect(await statusWith({ authorization: session })).toBe(401)
  expect(await statusWith({ authorization: `Bearer ${token}` })).toBe(200)
  expect(await statusWith({ ...shown, origin: 'http://evil.example' })).toBe(403)
  expect(await statusWith({ ...shown, origin: 'http://127.0.0.1:1' })).toBe(403)
  expect(await statusWith({ ...shown, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await statusWith({ ...shown, 'content-type': 'text/plain' })).toBe(415)
  expect(await statusWith({ ...shown, host: 'evil.example' })).toBe(403)
  expect((await send(port, '/api/window/events')).status).toBe(401)
  expect((await send(port, `/api/window/events?token=${session}`)).status).toBe(401)
  expect((await send(port, '/api/window/snapshot', { headers: shown })).status).toBe(405)
})

test('the proof is of the nonce and the address that were asked for, and of the token', async () => {
  const { port } = await startPage((await startWindowService()).service)
  const host = `127.0.0.1:${port}`
  const proof = async (nonce: string, headers = {}) => {
    const { status, body } = await send(port, `/api/window/proof?nonce=${nonce}`, { headers })
    return status === 200 ? (JSON.parse(body) as { proof: string }).proof : status
  }
  const nonce = '0123456789abcdef'
  const expected = (of: string, name: string) =>
    createHmac('sha256', session).update(`${name}\n${of}`).digest('base64url')
  expect(await proof(nonce)).toBe(expected(nonce, host))
  expect(await proof(nonce, { host: 'LOCALHOST:8765' })).toBe(expected(nonce, 'localhost:8765'))
  expect(await proof('short')).toBe(400)
  expect(await proof(nonce, { origin: 'http://127.0.0.1:1' })).toBe(403)
})

test('calls are checked, and what goes wrong crosses as a failure', async () => {
  const { call } = await startPage((await startWindowService()).service)
  const failure = async (name: string, body: unknown) => JSON.parse((await call(name, body)).body)
  expect(await failure('task', { id: 'nothing' })).toMatchObject({ ok: false, failure: { code: 'task-unknown' } })
  expect(await failure('task', { id: 7 })).toMatchObject({ ok: false, failure: { code: 'argument-invalid' } })
  expect(await failure('snapshot', { more: 1 })).toMatchObject({ failure: { code: 'argument-invalid' } })
  expect(await failure('constructor', {})).toMatchObject({ failure: { message: 'There is no such call' } })
  expect(await failure('chooseFolders', {})).toMatchObject({ failure: { message: 'Only the desktop app can do this' } })
})

test('the files of the window come with a strict policy, and no others come', async () => {
  const { port } = await startPage((await startWindowService()).service)
  const page = await send(port, '/')
  expect(page.body).toContain('<title>Window</title>')
  expect(page.headers).toMatchObject({
    'content-security-policy': expect.stringMatching(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  expect(page.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
  expect((await send(port, '/assets/index-1a2b.js')).headers['content-type']).toMatch('javascript')
  for (const path of ['/../outside.html', '/%2e%2e/outside.html', '/..%2foutside.html', '/assets', '/%00.html', '/%'])
    expect((await send(port, path)).status, path).toBe(404)
  expect((await send(port, '/', { method: 'POST' })).status).toBe(405)
})

test('a file that was compressed when it was built is sent so to who can read that, and a long answer too', async () => {
  const { port, directory } = await startPage((await startWindowService()).service)
  const path = join(directory, 'assets', 'index-1a2b.js')
  await writeFile(`${path}.br`, 'as brotli')
  await writeFile(`${path}.gz`, 'as gzip')
  const sent = async (accepts: string, name = '/assets/index-1a2b.js') => {
    const { headers, body } = await send(port, name, { headers: { 'accept-encoding': accepts } })
    return [headers['content-encoding'], body, headers.vary]
  }
  expect(await sent('gzip, deflate, br, zstd')).toEqual(['br', 'as brotli', 'accept-encoding'])
  expect(await sent('gzip;q=1, br;q=0')).toEqual(['gzip', 'as gzip', 'accept-encoding'])
  for (const none of ['identity', 'br;q=0.0', 'brr'])
    expect(await sent(none)).toEqual([undefined, 'export {}', 'accept-encoding'])
  expect((await sent('br', '/'))[0]).toBeUndefined()
  expect((await send(port, '/assets/index-1a2b.js.br')).status).toBe(404)
})

test('a long answer is compressed for who can read that, a short one never', async () => {
  const { service } = scriptedService()
  let text = 'short'
  Object.assign(service.calls, { snapshot: async () => ({ text }) })
  const { port, shown } = await startPage(service)
  const ask = (accepts: string) =>
    fetch(`http://127.0.0.1:${port}/api/window/snapshot`, {
      method: 'POST',
      headers: { ...shown, 'content-type': 'application/json', 'accept-encoding': accepts },
      body: '{}',
    })
  expect((await ask('gzip')).headers.get('content-encoding')).toBeNull()
  text = 'long '.repeat(2_000)
  expect((await ask('identity')).headers.get('content-encoding')).toBeNull()
  const answer = await ask('gzip, br')
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(Number(answer.headers.get('content-length'))).toBeLessThan(1_000)
  expect(await answer.json()).toEqual({ ok: true, value: { text } })
})

test('a stream tells what the host tells, until its reader goes', async () => {
  const { service, tell, listeners } = scriptedService()
  const { port, shown } = await startPage(service)
  const stream = await openEvents(port, shown)
  expect(stream.response.headers['content-type']).toMatch('text/event-stream')
  tell([{ kind: 'warnings', warnings: ['line\nbreak'] }])
  await expect
    .poll(() => stream.notices(), { timeout: 30_000 })
    .toEqual([{ name: 'delta', notice: { seq: 1, changes: [{ kind: 'warnings', warnings: ['line\nbreak'] }] } }])
  stream.request.destroy()
  await expect.poll(() => listeners.size, { timeout: 30_000 }).toBe(0)
})

test('a reader that does not keep up costs no memory, and sees a gap when it reads on', async () => {
  const { service, tell, listeners } = scriptedService()
  const { port, shown } = await startPage(service, 256 * 1024)
  const stream = await openEvents(port, shown)
  await expect.poll(() => listeners.size, { timeout: 30_000 }).toBe(1)
  stream.response.pause()
  const warnings = ['w'.repeat(64 * 1024)]
  const before = process.memoryUsage().arrayBuffers
  for (let at = 0; at < 2_000; at++) {
    tell([{ kind: 'warnings', warnings }])
    if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 ** 2)
  stream.response.resume()
  await expect.poll(() => stream.notices().at(-1)?.notice.changes, { timeout: 30_000 }).toEqual([])
  const numbers = stream.notices().map(({ notice }) => notice.seq)
  expect(numbers.length).toBeLessThan(1_000)
  expect(numbers.at(-1)).toBeGreaterThan(2_000)
  expect(numbers.some((number, at) => at > 0 && number > (numbers[at - 1] ?? 0) + 1)).toBe(true)
})
