import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../main/lib/http-listener.ts'
import { silentLog } from '../../main/lib/log.ts'
import { createPage } from '../../main/web/page.ts'
import { createWindowApi } from '../../main/web/window-api.ts'
import type { WindowService } from '../../main/window/service.ts'
import type { Delta } from '../../preload/contract.ts'
import { send } from '../support/mcp-endpoint.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { startWindowService } from '../support/window-service.ts'

const token = 'control-token'.padEnd(40, '-')
const session = 'session'.padEnd(40, '-')
const pageToken = 'page-token'.padEnd(40, '-')

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
      '/': createPage({ directory, token: pageToken, session, build: async () => false, log }),
    },
  })
  onTestFinished(() => listener.close())
  const { port } = listener
  const cookie = `microvm-window-${port}=${session}`
  const call = (name: string, body: unknown, headers: Record<string, string> = { cookie }) =>
    send(port, `/api/window/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  return { port, cookie, call }
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
async function openEvents(port: number, cookie: string) {
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path: '/api/window/events',
    headers: { cookie },
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

test('the address with the token gives the browser its session and leaves no token behind', async () => {
  const { port, call } = await startPage((await startWindowService()).service)
  const opened = await send(port, `/?token=${pageToken}`)
  expect(opened).toMatchObject({
    status: 303,
    headers: {
      location: '/',
      'set-cookie': [`microvm-window-${port}=${session}; Path=/api/window/; HttpOnly; SameSite=Strict`],
    },
  })
  expect((await send(port, '/?token=wrong')).status).toBe(403)
  expect(JSON.parse((await call('host', {})).body)).toEqual({
    ok: true,
    value: { kind: 'web', platform: process.platform, version: '1.2.3', startAtLogin: null },
  })
})

test('without the session, with one of an earlier start, or from another page nothing is answered', async () => {
  const { port, cookie, call } = await startPage((await startWindowService()).service)
  expect((await call('snapshot', {}, {})).status).toBe(401)
  expect((await call('snapshot', {}, { cookie: `microvm-window-${port}=${'x'.repeat(40)}` })).status).toBe(401)
  expect((await call('snapshot', {}, { authorization: 'Bearer wrong', cookie })).status).toBe(401)
  expect((await call('snapshot', {}, { authorization: `Bearer ${token}` })).status).toBe(200)
  expect((await call('snapshot', {}, { cookie, origin: 'http://evil.example' })).status).toBe(403)
  expect((await call('snapshot', {}, { cookie, origin: 'http://127.0.0.1:1' })).status).toBe(403)
  expect((await call('snapshot', {}, { cookie, 'content-type': 'text/plain' })).status).toBe(415)
  expect((await call('snapshot', {}, { cookie, host: 'evil.example' })).status).toBe(403)
  expect((await send(port, '/api/window/events')).status).toBe(401)
  expect((await send(port, '/api/window/snapshot', { headers: { cookie } })).status).toBe(405)
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

test('a stream tells what the host tells, until its reader goes', async () => {
  const { service, tell, listeners } = scriptedService()
  const { port, cookie } = await startPage(service)
  const stream = await openEvents(port, cookie)
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
  const { port, cookie } = await startPage(service, 256 * 1024)
  const stream = await openEvents(port, cookie)
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
