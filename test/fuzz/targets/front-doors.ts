import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { personOperations } from '../../../main/api/operations/all.ts'
import { defect } from '../../../main/core/failure.ts'
import { listen } from '../../../main/lib/http/http-listener.ts'
import { originProblem } from '../../../main/lib/http/origin-check.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { createMcpEndpoint } from '../../../main/mcp/http.ts'
import { openEventLog } from '../../../main/tasks/events/event-log.ts'
import { createControlApi } from '../../../main/web/control-api.ts'
import { ScriptedTasks } from '../../support/claude/scripted-tasks.ts'
import { jsonLike, reshaped, textLike } from '../mutate.ts'
import { type Check, pure, type Target } from '../target.ts'

const token = 'x'.repeat(43)
const message = (method: string, params: unknown, id: unknown = 2) => ({ jsonrpc: '2.0', id, method, params })
const initialize = message('initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'fuzz', version: '0' },
})
const task = { description: 'Greet', repo: 'project', queue: true, priority: 2, timeout_ms: 60_000, max_cost_usd: 1.5 }
const requested: readonly (readonly [method: string, params: object])[] = [
  ['ping', {}],
  ['tools/list', { cursor: 'x', _meta: { progressToken: 1 } }],
  ['tools/call', { name: 'run_task', arguments: task, _meta: { progressToken: 'a' } }],
  ['tools/call', { name: 'wait_next_event', arguments: { timeout_ms: 10, after: 0 }, _meta: { progressToken: 2 } }],
  ['tools/call', { name: 'get_task_info', arguments: { task_id: 'a0000000' } }],
  ['tools/call', { name: 'cancel_task', arguments: { task_id: 'a0000000' } }],
  ['tools/call', { name: 'merge_task', arguments: { task_id: 'a0000000' } }],
  ['tools/call', { name: 'cleanup_task', arguments: { task_id: 'a0000000', delete_ref: true } }],
  ['tools/call', { name: 'prune', arguments: { dry_run: true, keep_days: 1, max_gib: 1 } }],
  ['tools/call', { name: 'list_repos', arguments: {} }],
]
const messages = [
  initialize,
  ...requested.map(([method, params]) => message(method, params)),
  { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2, reason: 'x' } },
  { jsonrpc: '2.0', id: 2, result: {} },
  [message('ping', {}, 1), message('ping', {}, 1), message('tools/list', {}, 'two')],
].map((value) => JSON.stringify(value))

/** Messages whose envelope is right, so that what is wrong in them comes as far as it can. */
const wellFormed = fc
  .constantFrom(...requested)
  .chain(([method, params]) => reshaped([JSON.stringify(params)]).map((bytes) => [method, bytes] as const))
  .map(([method, bytes]) => Buffer.from(`{"jsonrpc":"2.0","id":3,"method":"${method}","params":${bytes}}`))

/** A running server with both doors, whose tasks end as soon as they begin, so that no wait is a long one. */
async function openDoors(change: (tasks: ScriptedTasks) => void) {
  const directory = await mkdtemp(join(tmpdir(), 'mvm-fuzz-'))
  const events = await openEventLog({ directory, log: silentLog })
  const tasks = new ScriptedTasks(events)
  const run = tasks.run.bind(tasks)
  tasks.run = async (request) => {
    const id = await run(request)
    await tasks.end(id)
    return id
  }
  change(tasks)
  const mcp = createMcpEndpoint({ tasks, log: silentLog, version: '0', progressIntervalMs: 5 })
  const api = createControlApi({ tasks, token, version: '0', log: silentLog })
  const routes = { '/mcp': mcp.handle, '/api/': api }
  const listener = await listen({ port: 0, host: '127.0.0.1', routes, log: silentLog })
  const post = async (path: string, body: Buffer | string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    const text = await response.text()
    ok(!/node_modules\/\S+:\d+|\.ts:\d+|(?:\\n|\n) {4}at \S/.test(text), `a stack in the answer: ${text.slice(0, 300)}`)
    ok(!text.includes(defect.message) && response.status < 500, `a defect: ${response.status} ${text.slice(0, 300)}`)
    return { status: response.status, text, session: response.headers.get('mcp-session-id') ?? '' }
  }
  const hello = async () => {
    const response = await fetch(`http://127.0.0.1:${listener.port}/api/hello`)
    equal(((await response.json()) as { name: string }).name, 'microvm-orchestrator')
  }
  return {
    port: listener.port,
    post,
    hello,
    [Symbol.asyncDispose]: async () => {
      await mcp.close()
      await listener.close()
      await events[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Doors = Awaited<ReturnType<typeof openDoors>>

const atDoors = (
  name: string,
  inputs: fc.Arbitrary<Buffer>,
  prepare: (doors: Doors) => Promise<Check['check']>,
  change: (tasks: ScriptedTasks) => void = () => undefined,
): Target => ({
  name,
  inputs,
  open: async () => {
    const doors = await openDoors(change)
    const check = await prepare(doors)
    return { check, [Symbol.asyncDispose]: doors[Symbol.asyncDispose] }
  },
})

const requests: Readonly<Record<string, object>> = {
  run_task: { ...task, client: 'cli' },
  get_task_info: { task_id: 'a0000000' },
  wait_next_event: { client: 'cli', timeout_ms: 10, after: 0 },
  cleanup_task: { task_id: 'a0000000', delete_ref: true },
  prune: { dry_run: true, keep_days: 1, max_gib: 1 },
}

/** @param change what is done to the orchestrator behind the door first; for a fault that is planted. */
export const mcpBodies = (name: string, change?: (tasks: ScriptedTasks) => void): Target =>
  atDoors(
    name,
    fc.oneof(wellFormed, jsonLike(...messages)),
    async ({ post, hello }) => {
      let { session } = await post('/mcp', JSON.stringify(initialize))
      let count = 0
      return async (input) => {
        const answer = await post('/mcp', input, count++ % 4 === 0 ? {} : { 'mcp-session-id': session })
        ok([200, 202, 400, 404].includes(answer.status), `status ${answer.status}`)
        const ping = await post('/mcp', JSON.stringify(message('ping', {})), { 'mcp-session-id': session })
        // Another client may have taken its place by now.
        if (ping.status === 404) session = (await post('/mcp', JSON.stringify(initialize))).session
        else equal(ping.status, 200)
        await hello()
      }
    },
    change,
  )

export const doorTargets: readonly Target[] = [
  mcpBodies('MCP bodies'),
  atDoors(
    'bodies of the control API',
    jsonLike(...Object.values(requests).map((request) => JSON.stringify(request))),
    async ({ post, hello }) =>
      async (input) => {
        for (const { name: verb } of personOperations) {
          const { status, text } = await post(`/api/${verb}`, input, { authorization: `Bearer ${token}` })
          ok([200, 400].includes(status), `status ${status}`)
          JSON.parse(text)
        }
        await hello()
      },
  ),
  atDoors(
    'HTTP as bytes',
    textLike(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${messages[0]?.length}\r\n\r\n${messages[0]}`,
      `POST /api/list_tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      'GET /api/hello HTTP/1.1\r\nHost: [::1]:80\r\nOrigin: http://[::1]:80\r\nConnection: close\r\n\r\n',
      'GET /mcp?client=x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nExpect: 100-continue\r\n\r\n',
      'CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\nOPTIONS * HTTP/1.0\r\n\r\n',
    ),
    async ({ port, hello }) =>
      async (input) => {
        const socket = createConnection(port, '127.0.0.1')
        socket.on('error', () => undefined) // A reset is an answer too.
        socket.resume()
        socket.end(input)
        await new Promise((resolve) => socket.once('close', resolve))
        await hello()
      },
  ),
  pure(
    'Host and Origin',
    fc
      .tuple(
        textLike(
          '127.0.0.1:8765',
          'localhost',
          '[::1]:1',
          'builder.example:80',
          'localhost.evil.example',
          'user@localhost',
        ),
        textLike('http://127.0.0.1:8765', 'https://builder.example', 'null', 'http://localhost'),
      )
      .map(([host, origin]) => Buffer.concat([host, Buffer.from('\0'), origin])),
    (input) => {
      const [host = '', origin = ''] = input.toString('latin1').split('\0')
      const socket = { localAddress: '127.0.0.1' } as never
      const names = ['localhost', '127.0.0.1', '[::1]', 'builder.example']
      if (originProblem({ headers: { host }, socket }, ['builder.example']) === undefined) {
        ok(names.includes(new URL(`http://${host}`).hostname), `the Host ${host} passed`)
      }
      if (originProblem({ headers: { host, origin }, socket }, ['builder.example']) === undefined) {
        const from = new URL(origin)
        const asked = new URL(`${from.protocol}//${host}`)
        deepEqual([from.hostname, from.port], [asked.hostname, asked.port])
      }
    },
  ),
]
