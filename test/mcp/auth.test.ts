import { expect, test } from 'vitest'
import { isAuthorized } from '../../main/lib/http/bearer.ts'
import { callTool, connect, initializeBody, mcpHeaders, send, startEndpoint } from '../support/web/mcp-endpoint.ts'

const token = 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlYw'
const initialize = (port: number, headers: Record<string, string> = {}) =>
  send(port, '/mcp', { method: 'POST', headers: { ...mcpHeaders, ...headers }, body: initializeBody })

test('another user of this host starts tasks through an endpoint with no token, and none through one with a token', async () => {
  const open = await startEndpoint()
  await callTool(await connect(open.url), 'run_task', { description: 'Mine bitcoin', repo: 'project' })
  expect(open.tasks.requests).toHaveLength(1)

  const guarded = await startEndpoint({ token })
  await expect(connect(guarded.url)).rejects.toThrow()
  for (const authorization of ['Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, token, `Basic ${token}`]) {
    const answer = await initialize(guarded.port, { authorization })
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(answer.headers['mcp-session-id']).toBeUndefined()
  }
  expect(guarded.tasks.requests).toEqual([])
})

test('the token opens the endpoint, and every request of a session must show it', async () => {
  const { port, url, tasks } = await startEndpoint({ token })
  const client = await connect(url, { authorization: `Bearer ${token}` })
  await callTool(client, 'run_task', { description: 'x', repo: 'project' })
  expect(tasks.requests).toHaveLength(1)
  const id = String((await initialize(port, { authorization: `Bearer ${token}` })).headers['mcp-session-id'])
  for (const method of ['GET', 'POST', 'DELETE']) {
    const answer = await send(port, '/mcp', { method, headers: { ...mcpHeaders, 'mcp-session-id': id } })
    expect(answer.status).toBe(401)
  }
})

test('only the very token is right, whatever its length or beginning', () => {
  expect(isAuthorized({ authorization: `Bearer ${token}` }, token)).toBe(true)
  for (const shown of [
    undefined,
    '',
    'Bearer ',
    `Bearer ${token} `,
    `Bearer ${token.toLowerCase()}`,
    `Bearer ${'x'.repeat(100_000)}`,
  ]) {
    expect(isAuthorized({ authorization: shown }, token)).toBe(false)
  }
})
