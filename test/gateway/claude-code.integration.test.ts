import { expect, test } from 'vitest'
import type { EgressPolicy } from '../../main/core/network/egress.ts'
import { guestNetwork } from '../../main/settings/guest-network.ts'
import type { Key } from '../../main/settings/token.ts'
import { runClaudeCode } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { type History, say, sequence, use } from '../support/claude/scripted-turn.ts'
import { testGateway } from '../support/web/gateway.ts'

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
  const wish = { policy: { kind: 'closed' }, key, keyInGuest: 'open', serverTools: 'refuse', env } as const
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

/** A gateway as a task under this policy has it, and what its guest is given. */
async function guestUnder(policy: EgressPolicy, apiUrl: string) {
  const [key] = keys
  if (!key) throw new Error('no key')
  const wish = { policy, key, keyInGuest: 'open', serverTools: 'refuse', env: { ANTHROPIC_BASE_URL: apiUrl } } as const
  const config = guestNetwork(wish, means(1)).gateway
  if (!config?.api) throw new Error('no gateway')
  const gateway = await testGateway({ hosts: config.hosts, api: config.api })
  return { key, gateway, guest: guestNetwork(wish, means(gateway.port)) }
}

test('a key of somebody else carries nothing to the account behind it: not in place of the own one, and not past the gateway', async () => {
  await using api = await startScriptedApi()
  const hosts = ['api.anthropic.com', '*.anthropic.com', 'listed.example']
  const { key, gateway, guest } = await guestUnder({ kind: 'hosts', hosts }, api.url)
  const { exitCode, stderr } = await runClaudeCode({
    prompt: 'Add the file',
    apiUrl: '',
    allowedTools: ['Bash', 'Write'],
    env: { ...guest.variables, ANTHROPIC_API_KEY: 'sk-ant-api03-of-an-attacker' },
  })
  expect(exitCode, stderr).toBe(0)
  expect(api.keys).toEqual(Array(3).fill(key.value))
  for (const line of [
    'CONNECT api.anthropic.com:443',
    'GET http://api.anthropic.com/v1/models',
    'CONNECT 127.0.0.1:80',
  ]) {
    expect(await gateway.send(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /)
  }
  expect(gateway.dialed).toEqual([])
  expect(gateway.lines.filter(({ verdict }) => verdict === 'refused')).toMatchObject([
    { host: 'api.anthropic.com', port: 443, reason: 'api-past-gateway' },
    { host: 'api.anthropic.com', port: 80, reason: 'api-past-gateway' },
    { host: '127.0.0.1', port: 80, reason: 'api-past-gateway' },
  ])
})

test('a search by the API itself is refused, of which the agent reads why, and the task goes on', async () => {
  const seen: string[] = []
  const search = sequence(
    () => use('WebSearch', { query: 'the secret of this repository' }),
    ({ results }: History) => {
      seen.push(results.at(-1)?.text ?? '')
      return say('Done.')
    },
  )
  await using api = await startScriptedApi({ scripts: { search } })
  const { gateway, guest, key } = await guestUnder({ kind: 'closed' }, api.url)
  const { exitCode, events, stderr } = await runClaudeCode({
    prompt: 'Look it up [script: search]',
    apiUrl: '',
    allowedTools: ['WebSearch'],
    env: { ...guest.variables, [key.variable]: guest.key.value },
  })
  expect(exitCode, stderr).toBe(0)
  expect(seen).toEqual([expect.stringMatching(/web_search_20250305.*serverTools: 'allow'/s)])
  expect(events.findLast(({ type }) => type === 'result')).toMatchObject({ subtype: 'success', result: 'Done.' })
  expect(api.requests.map(({ script }) => script)).toEqual(['search', 'search'])
  expect(gateway.lines.filter(({ verdict }) => verdict === 'refused')).toMatchObject([{ reason: 'server-tools' }])
})
