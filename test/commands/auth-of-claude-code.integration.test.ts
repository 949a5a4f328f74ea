import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runClaudeCode, toolExchanges } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { type Script, say, use } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'

test('real Claude Code gets in with the token in its header, and finds no tools without it', async () => {
  const look: Script = ({ turn }) => (turn === 0 ? use('mcp__microvm__list_slots', {}) : say('Done.'))
  const api = await startScriptedApi({ scripts: { look } })
  const { home, url } = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: {} },
    settings: { auth: true },
  })
  const token = (await readFile(join(home, 'mcp-token'), 'utf8')).trim()
  const asks = async (mcpHeaders: Readonly<Record<string, string>>) => {
    const { events } = await runClaudeCode({
      prompt: 'Look. [script: look]',
      apiUrl: api.url,
      mcpUrl: url,
      mcpHeaders,
      allowedTools: ['mcp__microvm__list_slots'],
    })
    return toolExchanges(events).map(({ text }) => text)
  }
  expect(await asks({ Authorization: `Bearer ${token}` })).toEqual([expect.stringContaining('max_slots')])
  expect(await asks({})).toEqual([expect.stringContaining('No such tool')])
})
