import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { taskEventSchema } from '../../main/tasks/record/task-event-schema.ts'
import { parseGuestResult, readResult } from '../../main/worker/read-result.ts'
import { parseUsage } from '../../main/worker/result-lines.ts'
import { temporaryFolder } from '../support/temporary.ts'

const good = { success: true, summary: 'Done', files_changed: ['a'], commits: 1, error: null, exit_code: 0 }

test.each<[string, string | Buffer | undefined, string]>([
  ['no file', undefined, 'result-missing'],
  ['half a JSON', JSON.stringify(good).slice(0, 20), 'result-invalid'],
  ['an empty file', '', 'result-invalid'],
  ['a JSON of another shape', '{"success":"yes"}', 'result-invalid'],
  ['a list', '[]', 'result-invalid'],
  ['no UTF-8', Buffer.from([0xff, 0xfe, 0x00]), 'result-invalid'],
  ['a hundred megabytes', Buffer.alloc(100 * 1024 ** 2, 'x'), 'result-invalid'],
  ['JSON nested ten thousand deep', '['.repeat(10_000), 'result-invalid'],
])('%s is told as what it is', async (_what, content, code) => {
  const share = await temporaryFolder()
  if (content !== undefined) await writeFile(join(share, 'result.json'), content)
  expect(await readResult(share, 'key')).toMatchObject({ code })
})

test('a good result comes with the cost that the stream told, and without the key', async () => {
  const share = await temporaryFolder()
  await writeFile(join(share, 'result.json'), JSON.stringify({ ...good, summary: 'The key is sk-ant-1' }))
  const last = {
    type: 'result',
    total_cost_usd: 0.25,
    num_turns: 4,
    session_id: 's',
    usage: { input_tokens: 5, output_tokens: 6, cache_read_input_tokens: 7 },
  }
  await writeFile(join(share, 'claude-stream.jsonl'), `{"type":"system"}\n${JSON.stringify(last)}\n`)
  expect(await readResult(share, 'sk-ant-1')).toEqual({
    success: true,
    summary: 'The key is [key removed]',
    filesChanged: ['a'],
    error: null,
    usage: { costUsd: 0.25, inputTokens: 12, outputTokens: 6, turns: 4, sessionId: 's' },
  })
})

test('a summary without end is cut', () => {
  expect(parseGuestResult(JSON.stringify({ ...good, summary: 'x'.repeat(500_000) }))).toMatchObject({
    summary: expect.stringMatching(/… \[cut\]$/),
  })
})

test('whatever the guest writes, the parsers answer', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseGuestResult(text)
      parseUsage(`${text}\n{"type":"result"}\n"result" ${text}`)
    }),
  )
})

test('the key does not come through with its letters escaped, in the summary, a file name, the error or the session', async () => {
  const share = await temporaryFolder()
  const key = 'sk-ant-api03-secret'
  const escaped = key.replaceAll('a', '\\u0061')
  expect(JSON.parse(`"${escaped}"`)).toBe(key)
  const text = JSON.stringify({ success: false, summary: 'KEY', files_changed: ['KEY'], error: 'KEY' })
  await writeFile(join(share, 'result.json'), text.replaceAll('KEY', escaped))
  const last = JSON.stringify({ type: 'result', session_id: 'KEY' })
  for (const session of [key, escaped]) {
    await writeFile(join(share, 'claude-stream.jsonl'), `${last.replace('KEY', session)}\n`)
    const result = await readResult(share, key)
    expect(JSON.stringify(result)).not.toContain(key)
    expect(result).toMatchObject({ summary: '[key removed]', usage: { sessionId: '[key removed]' } })
  }
})

test('figures beyond all reason count as none, so that the record of the task can be read again', async () => {
  const usage = { input_tokens: 1e308, cache_creation_input_tokens: 1e308, cache_read_input_tokens: 1e308 }
  const read = parseUsage(
    JSON.stringify({ type: 'result', total_cost_usd: 1e308, usage: { ...usage, output_tokens: 1 } }),
  )
  expect(read).toEqual({ costUsd: 0, inputTokens: 0, outputTokens: 1, turns: 0, sessionId: null })
  const result = { success: true, summary: '', filesChanged: [], error: null, usage: read }
  const event = { type: 'result-read', at: '2026-01-02T03:04:05.000Z', result }
  expect(taskEventSchema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event)
})
