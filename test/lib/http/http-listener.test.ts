import { createServer } from 'node:http'
import { createConnection } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Handler, type Listener, listen } from '../../../main/lib/http/http-listener.ts'
import { sendJson } from '../../../main/lib/http/http-message.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { send } from '../../support/web/mcp-endpoint.ts'

async function start(routes: Record<string, Handler> = {}, port = 0, signal?: AbortSignal): Promise<Listener> {
  const listener = await listen({ port, host: '127.0.0.1', routes, log: silentLog }, signal)
  onTestFinished(() => listener.close())
  return listener
}

test('a port that another server of ours has is told with its pid', async () => {
  const { port } = await start({
    '/api/': (_request, response) =>
      sendJson(response, 200, { name: 'microvm-orchestrator', version: '1.2.3', pid: 4711 }),
  })
  await expect(start({}, port)).rejects.toMatchObject({
    code: 'port-taken',
    message: `Port ${port} is taken by another microvm-orchestrator (pid 4711)`,
    hint: expect.stringContaining('--port'),
  })
})

test('a port that another program has is told with its name and pid', async () => {
  const other = createServer((_request, response) => response.end('something else'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as { port: number }
  await expect(start({}, port)).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringMatching(new RegExp(`^Port ${port} is taken by .+ \\(pid ${process.pid}\\)$`)),
  })
})

test('a handler that throws is answered with 500 and no detail, and logged', async () => {
  const { log, lines } = recordingLog()
  const routes = { '/x': () => Promise.reject(new Error('secret detail')) }
  await using listener = await listen({ port: 0, host: '127.0.0.1', routes, log })
  const answer = await send(listener.port, '/x')
  expect(answer).toMatchObject({ status: 500, body: '{"error":"Internal error"}' })
  expect(lines).toEqual([expect.objectContaining({ level: 'error' })])
})

test('what is no HTTP gets 400, too many headers get 431, and the server lives on', async () => {
  const { port } = await start({ '/x': (_request, response) => sendJson(response, 200, {}) })
  const speak = async (text: string): Promise<string> => {
    const socket = createConnection(port, '127.0.0.1')
    socket.write(text)
    let answer = ''
    for await (const chunk of socket.setEncoding('utf8')) answer += chunk
    return answer
  }
  expect(await speak('hello?\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  expect(await speak(`GET /x HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  expect((await send(port, '/x')).status).toBe(200)
})

test('it closes when the signal fires, and cuts off responses that do not end', async () => {
  const stop = new AbortController()
  let arrived: () => void = () => undefined
  const reached = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const { port, close } = await start({ '/x': () => arrived() }, 0, stop.signal)
  const waiting = send(port, '/x').catch(() => 'cut off')
  await reached
  stop.abort()
  await close()
  expect(await waiting).toBe('cut off')
  await expect(send(port, '/x')).rejects.toThrow('ECONNREFUSED')
})
