import { expect, test } from 'vitest'
import { z } from 'zod'
import { readArguments } from '../../main/mcp/read-arguments.ts'
import { readMessage } from '../../main/mcp/read-message.ts'
import { headerProblem } from '../../main/mcp/request-headers.ts'
import { initializeBody, mcpHeaders, send, startEndpoint } from '../support/web/mcp-endpoint.ts'

const call = (params: unknown, id: unknown = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params })

test.for([
  ['a text', 'x', -32600, null],
  ['an empty batch', [], -32600, null],
  ['a batch with a number', [call({ name: 'x' }), 7], -32600, null],
  ['a batch in a batch', [[call({ name: 'x' })]], -32600, null],
  ['no version', { id: 1, method: 'ping' }, -32600, 1],
  ['another version', { jsonrpc: '2.1', id: 'a', method: 'ping' }, -32600, 'a'],
  ['a version that is a number', { jsonrpc: 2, id: 1, method: 'ping' }, -32600, 1],
  ['an id that is null', { jsonrpc: '2.0', id: null, method: 'ping' }, -32600, null],
  ['an id with a fraction', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, -32600, null],
  ['an id that is an object', { jsonrpc: '2.0', id: {}, method: 'ping' }, -32600, null],
  ['no method', { jsonrpc: '2.0', id: 1 }, -32600, 1],
  ['a method that is a number', { jsonrpc: '2.0', id: 1, method: 7 }, -32600, 1],
  ['an answer to nothing', { jsonrpc: '2.0', result: {} }, -32600, null],
  ['parameters in a list', { jsonrpc: '2.0', id: 1, method: 'ping', params: [1] }, -32602, 1],
  ['parameters that are a text', { jsonrpc: '2.0', id: 1, method: 'x/unknown', params: 'a' }, -32602, 1],
  ['a call without a name', call({ arguments: {} }), -32602, 1],
  ['a call whose name is a number', call({ name: 7 }), -32602, 1],
  ['a call whose arguments are a list', call({ name: 'x', arguments: [] }), -32602, 1],
  ['a call whose arguments are a text', call({ name: 'x', arguments: '{}' }), -32602, 1],
  ['a list from a number', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { cursor: 7 } }, -32602, 1],
  ['a start without capabilities', { ...JSON.parse(initializeBody), params: { protocolVersion: 'x' } }, -32602, 1],
] as const)('%s is refused with its own code', ([, body, code, id]) => {
  expect(readMessage(body)).toMatchObject({ kind: 'refused', code, id })
})

test.for([
  ['a call with arguments that are null', call({ name: 'x', arguments: null }), call({ name: 'x' })],
  ['a call whose _meta is null', call({ name: 'x', _meta: null }, 'a'), call({ name: 'x' }, 'a')],
  ['a cursor that is null', { ...call({ cursor: null }), method: 'tools/list' }, { ...call({}), method: 'tools/list' }],
  ['parameters that are null', { ...call(null), method: 'ping' }, { jsonrpc: '2.0', id: 1, method: 'ping' }],
  ['a method that we do not know', { ...call({ a: 1 }), method: 'x/y' }, { ...call({ a: 1 }), method: 'x/y' }],
  ['an answer', { jsonrpc: '2.0', id: 1, result: {} }, { jsonrpc: '2.0', id: 1, result: {} }],
  ['a notification', { jsonrpc: '2.0', method: 'notifications/x' }, { jsonrpc: '2.0', method: 'notifications/x' }],
  [
    'a prompt with a number and a null',
    { ...call({ name: 'x', arguments: { a: 1, b: true, c: null } }), method: 'prompts/get' },
    { ...call({ name: 'x', arguments: { a: '1', b: 'true' } }), method: 'prompts/get' },
  ],
] as const)('%s is handed on', ([, body, value]) => {
  expect(readMessage(body)).toEqual({ kind: 'message', value })
})

const schema = z.object({
  task_id: z.string(),
  description: z.string().optional(),
  count: z.int().min(0).default(3),
  cost: z.number().optional(),
  queue: z.boolean().default(false),
})

test.for([
  [
    { count: '5', cost: '1.25', queue: 'true' },
    { count: 5, cost: 1.25, queue: true },
  ],
  [
    { count: '+5', queue: 'False' },
    { count: 5, queue: false },
  ],
  [{ count: null, cost: null, queue: null, other: null }, {}],
  [{ task_id: 20_261_101 }, { task_id: '20261101' }],
  // Not plainly a number or a yes: for the schema to refuse.
  [
    { count: '0x10', cost: '1e3', queue: 'yes' },
    { count: '0x10', cost: '1e3', queue: 'yes' },
  ],
  [
    { count: '', queue: 1 },
    { count: '', queue: 1 },
  ],
  [
    { description: 7, task_id: 1.5 },
    { description: 7, task_id: 1.5 },
  ],
  [
    { __proto__: null, constructor: '7', toString: 'true' },
    { constructor: '7', toString: 'true' },
  ],
])('the arguments %j are read as %j', ([input, read]) => {
  expect(readArguments(schema, input)).toEqual(read)
})

test.for([
  [{ accept: '*/*' }, undefined],
  [{ accept: 'Application/JSON;q=0.5, TEXT/*' }, undefined],
  [{ accept: 'application/json' }, 406],
  [{ accept: 'text/event-stream' }, 406],
  [{ accept: 'application/json, text/event-stream;q=0' }, 406],
  [{ accept: undefined }, 406],
  [{ 'content-type': 'application/json; charset=utf-8' }, undefined],
  [{ 'content-type': undefined }, 415],
  [{ 'content-type': 'text/plain; application/json' }, 415],
  [{ 'content-type': 'application/jsonp' }, 415],
  [{ 'content-encoding': 'gzip' }, 415],
  [{ 'content-encoding': 'identity' }, undefined],
] as const)('a request with %j is answered with %s', ([headers, status]) => {
  expect(headerProblem({ headers: { ...mcpHeaders, ...headers } })?.status).toBe(status)
})

test('over HTTP each comes with the right status, under /mcp and /mcp/ alike', async () => {
  const { port } = await startEndpoint()
  const post = async (path: string, body: string | Buffer, headers: Record<string, string> = {}) => {
    const answer = await send(port, path, { method: 'POST', headers: { ...mcpHeaders, ...headers }, body })
    const text = /^data: (.*)$/m.exec(answer.body)?.[1] ?? answer.body
    const { error, result } = (text === '' ? {} : JSON.parse(text)) as { error?: { code: number }; result?: unknown }
    return { session: String(answer.headers['mcp-session-id']), seen: [answer.status, error?.code], result }
  }
  for (const path of ['/mcp', '/mcp/', '/mcp/?client=a']) expect((await post(path, initializeBody)).seen[0]).toBe(200)
  const { session } = await post('/mcp', Buffer.from(`\uFEFF${initializeBody}`), { accept: '*/*' })
  const say = (message: object, headers = {}) =>
    post('/mcp', JSON.stringify(message), { 'mcp-session-id': session, ...headers })
  expect((await say(call({ name: 'list_slots', arguments: null }), { accept: '*/*' })).seen).toEqual([200, undefined])
  expect((await say(call({ name: 'list_slots', arguments: [] }))).seen).toEqual([200, -32602])
  expect((await say(call({ name: 'no_such_tool' }))).seen).toEqual([200, -32602])
  expect((await say({ ...call({}), method: 'x/y' })).seen).toEqual([200, -32601])
  expect((await say({ ...call({}), jsonrpc: '1.0' })).seen).toEqual([400, -32600])
  expect((await say({ jsonrpc: '2.0', method: 'tools/call', params: [] })).seen).toEqual([202, undefined])
  expect((await say(call({}), { 'mcp-session-id': 'another' })).seen).toEqual([404, -32001])
  expect((await post('/mcp', '{')).seen).toEqual([400, -32700])
  expect((await post('/mcp', initializeBody, { accept: 'application/json' })).seen).toEqual([406, -32000])
  expect((await post('/mcp', initializeBody, { 'content-encoding': 'gzip' })).seen).toEqual([415, -32000])
  const started = { ...JSON.parse(initializeBody), params: {} }
  expect((await post('/mcp', JSON.stringify(started))).seen).toEqual([400, -32602])
  const taken = await say(call({ name: 'wait_next_event', arguments: { timeout_ms: '0', after: null } }))
  expect(taken.result).toMatchObject({ structuredContent: { no_running_tasks: true } })
})
