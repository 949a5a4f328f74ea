import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readResult } from '../../main/worker/read-result.ts'
import { parseUsage, ResultLines, resumedLine } from '../../main/worker/result-lines.ts'
import { runClaudeCode } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { say, sequence, use } from '../support/claude/scripted-turn.ts'
import { temporaryFolder } from '../support/temporary.ts'

const turn = (costUsd: number, input: number, output: number, turns: number, session = 's') =>
  JSON.stringify({
    ...{ type: 'result', total_cost_usd: costUsd, num_turns: turns, session_id: session },
    usage: { input_tokens: input, cache_creation_input_tokens: 1, cache_read_input_tokens: 2, output_tokens: output },
  })
const stream = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

test('tokens and turns of all turns count, and the cost of a session once', () => {
  expect(parseUsage(stream(turn(0.5, 10, 20, 2), '{"type":"assistant"}', turn(0.75, 1, 2, 1)))).toEqual({
    ...{ costUsd: 0.75, inputTokens: 17, outputTokens: 22, turns: 3, sessionId: 's' },
  })
  expect(parseUsage(stream(turn(0.5, 1, 1, 1, 'a'), turn(0.25, 1, 1, 1, 'b')))).toMatchObject({
    ...{ costUsd: 0.75, turns: 2, sessionId: 'b' },
  })
})

test('an earlier agent of the task is counted elsewhere, and no end of a turn is no usage', () => {
  expect(parseUsage(stream(turn(0.5, 10, 20, 2), resumedLine, turn(0.75, 1, 2, 1)))).toMatchObject({ turns: 1 })
  expect(parseUsage(stream(turn(0.5, 10, 20, 2), resumedLine))).toBeNull()
  expect(parseUsage(stream('{"type":"assistant"}', '"result"', '{"result":"result"'))).toBeNull()
})

test('the stream may be cut anywhere, and its last line may have no end', () => {
  const bytes = Buffer.from(`${turn(0.5, 10, 20, 2)}\n${turn(0.75, 1, 2, 1)}`)
  for (const size of [1, 7, 4096]) {
    const lines = new ResultLines()
    for (let at = 0; at < bytes.length; at += size) lines.add(bytes.subarray(at, at + size))
    expect(lines.total()).toMatchObject({ costUsd: 0.75, turns: 3 })
  }
})

test('sums of a guest that lies stay numbers that a record can hold', () => {
  const most = Number.MAX_SAFE_INTEGER
  const usage = parseUsage(stream(turn(most, most, most, most, 'a'), turn(most, most, most, most, 'b')))
  expect(usage).toEqual({ costUsd: most, inputTokens: most, outputTokens: most, turns: most, sessionId: 'b' })
})

test('a turn far before the end of a long stream counts', async () => {
  const share = await temporaryFolder()
  const said = { success: true, summary: '', files_changed: [], error: null }
  await writeFile(join(share, 'result.json'), JSON.stringify(said))
  const between = `${JSON.stringify({ type: 'assistant', text: 'x'.repeat(1000) })}\n`.repeat(5_000)
  await writeFile(join(share, 'claude-stream.jsonl'), stream(turn(0.5, 10, 20, 2)) + between + turn(0.75, 1, 2, 1))
  expect(await readResult(share, 'key')).toMatchObject({ usage: { costUsd: 0.75, turns: 3 } })
})

test('the real Claude Code that answers again after a command in the background tells both turns', async () => {
  const background = sequence(
    () => use('Bash', { command: 'sleep 2', description: 'Wait', run_in_background: true }),
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { background } })
  const { exitCode, events, stderr } = await runClaudeCode({
    prompt: '[script: background] Go',
    apiUrl: api.url,
    allowedTools: ['Bash'],
  })
  expect(exitCode, stderr).toBe(0)
  const results = events.filter(({ type }) => type === 'result')
  expect(results).toHaveLength(2)
  const usage = parseUsage(stream(...events.map((event) => JSON.stringify(event))))
  // A hundred tokens of input a request, by the script.
  expect(usage).toMatchObject({ inputTokens: 100 * api.requests.length, turns: 3 })
  expect(usage?.costUsd).toBe(results.at(-1)?.total_cost_usd)
})
