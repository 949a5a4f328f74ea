import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EgressPolicy } from '../../../main/core/network/egress.ts'
import { readClaudeHome } from '../../../main/settings/claude-home/claude-home.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const open: EgressPolicy = { kind: 'open' }

async function read(state: unknown, policy: EgressPolicy = open, privateNetworks = false) {
  const folder = await temporaryFolder()
  const file = join(folder, '.claude.json')
  await writeFile(file, typeof state === 'string' ? state : JSON.stringify(state))
  return await readClaudeHome({ folder, state: file }, ['mcp-servers'], { policy, privateNetworks })
}
const http = (url: string) => ({ type: 'http', url })

test('servers that are a URL and nothing else come along, each as a file of its own', async () => {
  const { files, leftOut } = await read({
    userID: 'stays',
    oauthAccount: { stays: true },
    mcpServers: {
      docs: http('https://docs.example/mcp'),
      b_2: { type: 'sse', url: 'http://b.example:81', headers: {} },
    },
  })
  expect(files).toEqual([
    {
      ...{ path: 'mcp-servers/b_2.json', executable: false, url: 'http://b.example:81/' },
      text: '{"mcpServers":{"b_2":{"type":"sse","url":"http://b.example:81/"}}}',
    },
    {
      ...{ path: 'mcp-servers/docs.json', executable: false, url: 'https://docs.example/mcp' },
      text: '{"mcpServers":{"docs":{"type":"http","url":"https://docs.example/mcp"}}}',
    },
  ])
  expect(leftOut).toEqual([])
})

test.each([
  ['a program', { type: 'stdio', command: 'npx', args: [] }, 'starts a program'],
  ['a program of no type', { command: 'npx', env: { KEY: 'x' } }, 'starts a program'],
  ['another type', { type: 'ws', url: 'wss://a.example' }, 'not of the type http or sse'],
  ['headers', { ...http('https://a.example'), headers: { Authorization: 'Bearer x' } }, 'secrets add'],
  ['a program for headers', { ...http('https://a.example'), headersHelper: 'x' }, 'headers'],
  ['what is not known', { ...http('https://a.example'), oauth: { clientId: 'x' } }, 'more than a URL: oauth'],
  ['a password', http('https://me:pass@a.example/mcp'), 'may be a secret'],
  ['a query', http('https://a.example/mcp?key=x'), 'may be a secret'],
  ['a variable', http('https://a.example/$TOKEN'), 'may be a secret'],
  ['a token in its path', http('https://a.example/s/Zm9vYmFyYmF6MTIz4/mcp'), 'may be a secret'],
  ['a token of a known form', http('https://a.example/npm_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), 'looks like a secret'],
  ['another protocol', http('file:///etc/passwd'), 'no URL of http'],
  ['this host', http('http://localhost:3000/mcp'), 'no task reaches localhost'],
  ['an address of this host', http('http://[::1]/mcp'), 'no task reaches ::1'],
  ['a private network', http('https://10.0.0.7/mcp'), 'no task reaches 10.0.0.7'],
] as const)('a server with %s stays at home, and it is told why', async (_what, server, why) => {
  const { files, leftOut } = await read({ mcpServers: { a: server } })
  expect(files).toEqual([])
  expect(leftOut).toEqual([{ path: 'mcp-servers/a.json', why: expect.stringContaining(why) }])
})

test('a policy lets those through whose host and port it reaches', async () => {
  const mcpServers = {
    listed: http('https://mcp.a.example/x'),
    port: http('https://mcp.a.example:8443/x'),
    other: http('https://b.example/x'),
    private: http('http://10.0.0.7/x'),
  }
  const names = async (policy: EgressPolicy, privateNetworks = false) =>
    (await read({ mcpServers }, policy, privateNetworks)).files.map(({ path }) => path.replace(/.*\/|\.json/g, ''))
  expect(await names({ kind: 'closed' })).toEqual([])
  expect(await names({ kind: 'hosts', hosts: ['*.a.example', '10.0.0.7'] })).toEqual(['listed', 'private'])
  expect(await names({ kind: 'hosts', hosts: ['mcp.a.example:8443'] })).toEqual(['port'])
  expect(await names(open)).toEqual(['listed', 'other', 'port'])
  expect(await names(open, true)).toEqual(['listed', 'other', 'port', 'private'])
  const { leftOut } = await read({ mcpServers }, { kind: 'hosts', hosts: ['b.example'] })
  expect(leftOut.map(({ why }) => why)).toContain('the egress policy does not list mcp.a.example')
})

test('names and numbers are bounded, and a file of another form is an error that says where', async () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`s${index}`, http('https://a.example/x')]))
  const { files, leftOut } = await read({ mcpServers: { ...many, '../evil\n': http('https://a.example/x') } })
  expect(files).toHaveLength(32)
  expect(leftOut).toHaveLength(9)
  expect(leftOut[0]).toEqual({ path: 'mcp-servers/???evil?.json', why: expect.stringContaining('its name') })
  await expect(read({ mcpServers: { a: 'x' } })).rejects.toThrow(
    /\.claude\.json is not as Claude Code writes it: mcpServers\.a/,
  )
  await expect(read('[')).rejects.toMatchObject({ code: 'home-unusable', hint: expect.stringContaining('asAtHome') })
})
