import { expect, test } from 'vitest'
import { costLimitFailure } from '../../../main/core/task/outcome.ts'
import { UsageMeter } from '../../../main/tasks/run/usage-meter.ts'
import { parseUsage } from '../../../main/worker/result-lines.ts'
import { runClaudeCode } from '../../support/claude/claude-code.ts'
import { startScriptedApi } from '../../support/claude/scripted-api.ts'
import { bash } from '../../support/claude/scripted-turn.ts'

test('the real Claude Code stops at its budget, and its stream tells cost and tokens as the caps read them', async () => {
  await using api = await startScriptedApi({ scripts: { endless: () => bash('echo on and on') } })
  const { exitCode, events } = await runClaudeCode({
    prompt: '[script: endless] Go on',
    apiUrl: api.url,
    allowedTools: ['Bash'],
    budgetUsd: 0.02,
  })
  expect(exitCode).toBe(1)
  const stream = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  const usage = parseUsage(stream)
  expect(usage?.costUsd).toBeGreaterThanOrEqual(0.02)
  const result = { success: false, summary: '', filesChanged: [], error: 'Claude failed: error_max_budget_usd', usage }
  expect(costLimitFailure(0.02, result)).toMatchObject({ code: 'cost-limit' })

  const meter = new UsageMeter()
  meter.add(Buffer.from(stream))
  // A hundred tokens of input a message, by the script; of its output the stream tells the first.
  const messages = new Set(
    events.filter(({ type }) => type === 'assistant').map(({ message }) => (message as { id: string }).id),
  )
  expect(messages.size).toBeGreaterThan(5)
  expect(meter.tokens).toBe(messages.size * 101)
})
