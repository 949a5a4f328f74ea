import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { claudeHomeOf, readClaudeHome } from '../../main/settings/claude-home/claude-home.ts'
import { claudeCodeProgram } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { say } from '../support/claude/scripted-turn.ts'
import { writeFiles } from '../support/git/repositories.ts'
import { runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** What a server of MCP has to answer that has one tool. */
async function startMcpServer() {
  const methods: string[] = []
  const server = createServer(async (request, response) => {
    const { id, method } = (await bodyOf(request)) as { id?: number; method?: string }
    if (method !== undefined) methods.push(method)
    const result = {
      initialize: {
        ...{ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'docs', version: '1' } },
      },
      'tools/list': { tools: [{ name: 'look', description: 'Looks', inputSchema: { type: 'object' } }] },
    }[method ?? '']
    response.setHeader('content-type', 'application/json')
    if (id === undefined) response.writeHead(request.method === 'POST' ? 202 : 405).end()
    else response.end(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { methods, port: (server.address() as AddressInfo).port }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}

/** A marketplace as its author writes it, with one plugin that has more than comes along. */
const market = (touch: string) => ({
  '.claude-plugin/marketplace.json': JSON.stringify({
    ...{ name: 'mine', owner: { name: 'me' }, plugins: [{ name: 'deploy', source: './deploy', description: 'd' }] },
  }),
  'deploy/.claude-plugin/plugin.json': '{"name":"deploy","version":"1.2.3","commands":"./more/"}',
  'deploy/more/ship.md': '---\ndescription: Ships\n---\nShip.\n',
  'deploy/skills/measure/SKILL.md': '---\nname: measure\ndescription: Measures\n---\nMeasure.\n',
  'deploy/agents/taster.md': '---\nname: taster\ndescription: Tastes\n---\nTaste.\n',
  'deploy/hooks/hooks.json': JSON.stringify({
    hooks: { SessionStart: [{ hooks: [{ type: 'command', command: `touch ${touch}` }] }] },
  }),
  'deploy/.mcp.json': JSON.stringify({ mcpServers: { local: { command: 'touch', args: [touch] } } }),
})

test('what Claude Code itself installed and added at home, Claude Code in a guest has, without a program of it', async () => {
  const folder = await temporaryFolder()
  const [userHome, marketplace, touched] = [join(folder, 'me'), join(folder, 'market'), join(folder, 'touched')]
  await mkdir(userHome)
  await writeFiles(marketplace, market(touched))
  const mcp = await startMcpServer()
  const env = { PATH: process.env.PATH ?? '', HOME: userHome, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' }
  const url = `http://127.0.0.1:${mcp.port}/mcp`
  for (const args of [
    ['plugin', 'marketplace', 'add', marketplace],
    ['plugin', 'install', 'deploy@mine'],
    ['mcp', 'add', '--scope', 'user', '--transport', 'http', 'docs', url],
    ['mcp', 'add', '--scope', 'user', '--transport', 'http', 'locked', url, '--header', 'Authorization: Bearer x'],
  ]) {
    await runOrThrow(claudeCodeProgram(), args, { env, cwd: folder })
  }

  const policy = { kind: 'hosts', hosts: [`127.0.0.1:${mcp.port}`] } as const
  const home = await readClaudeHome(claudeHomeOf(env), ['plugins', 'mcp-servers'], { policy, privateNetworks: false })
  expect(home.leftOut.map(({ path }) => path)).toEqual([
    ...['skills/deploy@mine/.mcp.json', 'skills/deploy@mine/hooks', 'mcp-servers/locked.json'],
  ])

  await using api = await startScriptedApi({ scripts: { default: () => say('Done.') } })
  const guest = join(folder, 'guest')
  await mkdir(guest)
  const world = await runnerWorld(guest, {
    claude: `exec '${claudeCodeProgram()}' "$@"`,
    // Claude Code runs with all rights as root only where it is told that it may.
    environment: { ANTHROPIC_BASE_URL: api.url, IS_SANDBOX: '1' },
  })
  const files = home.files.map(({ path, text, executable }) => `${executable ? 'x' : '-'}${path}\0${text}\0`)
  await writeFile(join(world.share, 'claude-files'), files.join(''))
  await world.run()
  expect(await world.result()).toMatchObject({ success: true, summary: 'Done.' })

  const lines = (await readFile(join(world.share, 'claude-stream.jsonl'), 'utf8')).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line)).find(({ subtype }) => subtype === 'init')).toMatchObject({
    plugins: expect.arrayContaining([expect.objectContaining({ name: 'deploy', version: '1.2.3' })]),
    slash_commands: expect.arrayContaining(['deploy:ship', 'deploy:measure']),
    agents: expect.arrayContaining(['deploy:taster']),
    mcp_servers: [expect.objectContaining({ name: 'docs' })],
  })
  expect(mcp.methods).toContain('initialize')
  expect(existsSync(touched)).toBe(false)
})
