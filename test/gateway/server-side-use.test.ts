import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serverSideUse } from '../../main/gateway/server-side-use.ts'
import { recordingUpstream } from '../support/claude/recording-upstream.ts'
import { testGateway } from '../support/web/gateway.ts'

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
const of = (value: unknown) => serverSideUse(Buffer.from(text(value)))
const inMessage = (...content: readonly unknown[]) => ({ model: 'm', messages: [{ role: 'user', content }] })
const url = { type: 'url', url: 'https://evil.example/?secret' }

test.each([
  ['its search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0]: web_search_20250305'],
  ['its fetching', { tools: [{ name: 'x', input_schema: {} }, { type: 'web_fetch_20250910' }] }, 'tools[1]: web_fetch'],
  ['its running of code', { tools: [{ type: 'code_execution_20250825', name: 'c' }] }, 'tools[0]: code_execution'],
  ['a tool that is not known yet', { tools: [{ type: 'teleport_20990101' }] }, 'tools[0]: teleport_20990101'],
  ['tools of a server', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'e' }] }, 'tools[0]: mcp_toolset'],
  ['a tool whose type is no text', { tools: [{ type: ['custom'] }] }, 'tools[0]'],
  ['a tool that is no object', { tools: ['web_search_20250305'] }, 'tools[0]'],
  ['tools that are no list', { tools: { type: 'web_search_20250305' } }, 'tools'],
  ['servers', { mcp_servers: [{ type: 'url', url: 'https://evil.example' }] }, 'mcp_servers'],
  ['servers by another spelling', { MCP_Servers: [] }, 'MCP_Servers'],
  ['servers by an escaped name', '{"mcp\\u005fservers":[]}', 'mcp_servers'],
  [
    'tools by an escaped name',
    '{"\\u0074ools":[{"type":"web_\\u0073earch_20250305"}]}',
    'tools[0]: web_search_20250305',
  ],
  ['a container', { container: 'container_1' }, 'container'],
  ['an image by its URL', inMessage({ type: 'image', source: url }), 'messages[0].content[0].source: url'],
  ['a document by its URL', inMessage('x', { type: 'document', source: url }), 'messages[0].content[1].source: url'],
  ['a file', inMessage({ type: 'document', source: { type: 'file', file_id: 'f' } }), 'source: file'],
  ['a source without a type', inMessage({ type: 'image', source: { url: 'https://evil.example' } }), 'source'],
  ['an upload to a container', inMessage({ type: 'container_upload', file_id: 'f' }), 'container_upload'],
  [
    'an image in what a tool answered',
    inMessage({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: url }] }),
    'messages[0].content[0].content[0].source: url',
  ],
  [
    'an image in the content of a document',
    inMessage({ type: 'document', source: { type: 'content', content: [{ type: 'image', source: url }] } }),
    'source.content[0].source: url',
  ],
  ['an image in the system prompt', { system: [{ type: 'image', source: url }] }, 'system[0].source: url'],
] as const)('%s is found', (_, body, what) => {
  expect(of(body)).toEqual({ kind: 'found', what: expect.stringContaining(what) })
})

test.each([
  ['a name that is there twice', '{"tools":[],"tools":[{"type":"web_search_20250305"}]}'],
  ['a name that is there twice, once escaped', '{"tools":[],"\\u0074ools":[]}'],
  ['a name that is there twice further in', '{"messages":[{"role":"user","role":"user","content":"x"}]}'],
  ['no object', '[{"tools":[]}]'],
  ['no JSON', '{"tools":[]'],
  ['two values', '{} {"tools":[]}'],
  ['a mark of byte order', '\ufeff{"tools":[]}'],
  ['comments', '{"tools":[] /* , */}'],
  ['nothing', ''],
  ['more values than anybody needs', `{"messages":[${'[],'.repeat(600_000)}[]]}`],
  ['values that lie too deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
])('%s is not read in one of two ways', (_, body) => {
  expect(of(body)).toEqual({ kind: 'unreadable' })
})

test.each([
  ['UTF-16', Buffer.from('{"tools":[]}', 'utf16le')],
  ['Latin-1', Buffer.from('{"a":"é"}', 'latin1')],
])('%s is not read as if it were UTF-8', (_, body) => {
  expect(serverSideUse(body)).toEqual({ kind: 'unreadable' })
})

test('what an agent asks for as a rule is none of it', () => {
  const request = {
    ...{ model: 'm', max_tokens: 1, stream: true, system: [{ type: 'text', text: 'url: "mcp_servers": {' }] },
    tools: [
      { name: 'WebFetch', description: 'a "type": "web_fetch" of our own', input_schema: { properties: { url } } },
      { type: 'custom', name: 'x' },
      { type: 'bash_20250124', name: 'bash' },
      { type: 'tool_search_tool_regex_20251119', name: 's' },
    ],
    messages: [
      { role: 'user', content: 'look at https://example.com' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'x', input: { source: url, container: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'https://example.com' }] },
      { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } }] },
    ],
  }
  expect(of(request)).toEqual({ kind: 'none' })
  expect(of({ ...request, mcp_servers: null, tools: null, __proto__: 1 })).toEqual({ kind: 'none' })
})

test('whatever an agent writes into a request is read, and a name that is doubled anywhere is seen', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue(), (value, other) => {
      const whole = JSON.stringify({
        metadata: value,
        messages: [{ role: 'user', content: [{ type: 'text', text: other }] }],
      })
      expect(of(whole)).toEqual({ kind: 'none' })
      expect(of(`{"x":{"a":${JSON.stringify(value)},"a":1},${whole.slice(1)}`)).toEqual({ kind: 'unreadable' })
      expect(of(whole.slice(0, -1))).toEqual({ kind: 'unreadable' })
    }),
  )
})

test('a request of this kind is refused in words of the API and written down, and passes where the user allows it', async () => {
  const body = text({ model: 'm', messages: [], tools: [{ type: 'web_search_20250305', name: 'web_search' }] })
  const bytes = `POST /v1/messages HTTP/1.1\r\nHost: api\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const upstream = await recordingUpstream()
  const credential = { header: 'x-api-key', key: 'k' } as const
  const enough = (all: string) => all.endsWith('}')
  const refusing = await testGateway({ api: { url: upstream.url, credential, serverTools: 'refuse' } })
  const answer = await refusing.send(bytes, enough)
  expect(answer).toMatch(/^HTTP\/1\.1 403 .*"type":"permission_error".*web_search_20250305.*serverTools: 'allow'/s)
  expect(refusing.lines).toEqual([expect.objectContaining({ verdict: 'refused', reason: 'server-tools' })])
  expect(await refusing.send(bytes.replace('/v1/messages', '/v1/messages/count_tokens'), enough)).toContain('403')
  expect(upstream.connections).toEqual([])

  const allowing = await testGateway({ api: { url: upstream.url, credential, serverTools: 'allow' } })
  expect(await allowing.send(bytes, enough)).toMatch(/^HTTP\/1\.1 200 /)
  expect(upstream.connections[0]).toContain(body)
})

test('more than a body may have is refused before the API hears of it, and so is more than all may have together', async () => {
  const upstream = await recordingUpstream()
  const api = { url: upstream.url, credential: null, serverTools: 'allow' } as const
  const gateway = await testGateway({ api, limits: { bodyBytes: 100, bodiesBytes: 150 } })
  const post = (framing: string, body: string) => `POST /v1/messages HTTP/1.1\r\nHost: api\r\n${framing}\r\n\r\n${body}`
  const large = 'x'.repeat(101)
  expect(await gateway.send(post('Content-Length: 101', large))).toMatch(/^HTTP\/1\.1 413 .*request_too_large/s)
  expect(await gateway.send(post('Content-Length: 101', ''))).toMatch(/^HTTP\/1\.1 413 /)
  expect(await gateway.send(post('Transfer-Encoding: chunked', `65\r\n${large}\r\n0\r\n\r\n`))).toMatch(
    /^HTTP\/1\.1 413 /,
  )
  const waiting = await gateway.open()
  waiting.write(post('Content-Length: 100', 'x'.repeat(99)))
  await expect
    .poll(() => gateway.send(post('Content-Length: 60', 'x'.repeat(60)), (all) => all.includes('\r\n\r\n')))
    .toMatch(/ 413 /)
  waiting.destroy()
  await expect
    .poll(() => gateway.send(post('Content-Length: 60', 'x'.repeat(60)), (all) => all.endsWith('{}')))
    .toMatch(/ 200 /)
  expect(upstream.connections.every((each) => each.endsWith('x'.repeat(60)))).toBe(true)
})
