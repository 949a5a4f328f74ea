import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runClaudeCode, toolExchanges } from './claude/claude-code.ts'
import { startScriptedApi } from './claude/scripted-api.ts'
import { bash, say, sequence } from './claude/scripted-turn.ts'
import { makeRepository, subjectsOf } from './git/repositories.ts'
import { temporaryFolder } from './temporary.ts'

const allowedTools = ['Write', 'Bash']

test('the real Claude Code writes and commits what the default script says', async () => {
  await using api = await startScriptedApi({ expectedKey: 'sk-ant-scripted-host' })
  const directory = await temporaryFolder()
  await makeRepository(directory)
  const { exitCode, events } = await runClaudeCode({ prompt: 'Do it', apiUrl: api.url, allowedTools, directory })
  expect(exitCode).toBe(0)
  expect(events.at(-1)).toMatchObject({ type: 'result', subtype: 'success', is_error: false })
  expect(await readFile(join(directory, 'HELLO.md'), 'utf8')).toBe('Hello from a microVM.\n')
  expect(await subjectsOf(directory)).toEqual(['Add HELLO.md', 'Start'])
  expect(api.requests.map(({ turn }) => turn)).toEqual([0, 1, 2])
})

test('a script is chosen by name and sees what its earlier tools answered', async () => {
  const counting = sequence(
    () => bash('echo first-answer'),
    ({ results }) => bash(`echo "again: ${results[0]?.text}"`),
    () => say('done'),
  )
  await using api = await startScriptedApi({ scripts: { counting } })
  const { events } = await runClaudeCode({ prompt: 'Count [script: counting]', apiUrl: api.url, allowedTools })
  expect(toolExchanges(events).map(({ text }) => text)).toEqual(['first-answer', 'again: first-answer'])
})

test.each([
  ['refused-key', 401],
  ['rate-limited', 429],
  ['broken', 500],
  ['overloaded', 529],
])('the script %s makes Claude Code end with API status %i', async (script, status) => {
  await using api = await startScriptedApi()
  const { events } = await runClaudeCode({ prompt: `Try [script: ${script}]`, apiUrl: api.url, allowedTools })
  expect(events.at(-1)).toMatchObject({ type: 'result', is_error: true, api_error_status: status })
})

test('a key other than the expected one is refused', async () => {
  await using api = await startScriptedApi({ expectedKey: 'another' })
  const { events } = await runClaudeCode({ prompt: 'Try', apiUrl: api.url, allowedTools })
  expect(events.at(-1)).toMatchObject({ is_error: true, api_error_status: 401 })
  expect(api.requests.every(({ accepted }) => !accepted)).toBe(true)
})
