import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCommands } from '../../main/worker/read-commands.ts'
import { runClaudeCode } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say, sequence, use } from '../support/claude/scripted-turn.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function commandsIn(...lines: readonly string[]) {
  const stream = join(await temporaryFolder(), 'claude-stream.jsonl')
  await writeFile(stream, lines.join('\n'))
  return await readCommands({ stream })
}

const uses = (id: string, command: string) =>
  JSON.stringify({
    type: 'assistant',
    message: {
      content: [
        { type: 'text', text: 'Now' },
        { type: 'tool_use', id, name: 'Bash', input: { command } },
      ],
    },
  })
const answers = (id: string, content: unknown, isError: boolean, result?: unknown) =>
  JSON.stringify({
    ...{ type: 'user', tool_use_result: result },
    message: { content: [{ type: 'tool_result', tool_use_id: id, content, is_error: isError }] },
  })

test('the real Claude Code tells the exit status of what it ran, and of what has none, none', async () => {
  const commands = sequence(
    () => bash('true'),
    () => bash('echo one; exit 3'),
    () => bash('grep nothing /etc/hostname'),
    () => use('Bash', { command: 'sleep 1', description: 'Wait', run_in_background: true }),
    () => use('Bash', { command: 'sleep 5', description: 'Wait', timeout: 1_000 }),
    () => use('Read', { file_path: '/nonexistent' }),
    () => use('Bash', { nonsense: 1 }),
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { commands } })
  const { events, exitCode, stderr } = await runClaudeCode({
    ...{ prompt: '[script: commands] Go', apiUrl: api.url, allowedTools: ['Bash', 'Read'] },
  })
  expect(exitCode, stderr).toBe(0)
  expect(await commandsIn(...events.map((event) => JSON.stringify(event)))).toEqual({
    commands: [
      { command: 'true', exitStatus: 0 },
      { command: 'echo one; exit 3', exitStatus: 3 },
      { command: 'grep nothing /etc/hostname', exitStatus: null },
      { command: 'sleep 1', exitStatus: null },
      { command: 'sleep 5', exitStatus: 143 },
    ],
    earlier: 0,
  })
})

test('of a guest that floods its stream, the last commands are kept, each in one line that can be seen whole', async () => {
  const flood = Array.from({ length: 450 }, (_, number) => uses(`t${number}`, `echo ${number}`))
  const told = await commandsIn(
    ...flood,
    uses('long', `printf '\u001b[2J\u202e' ${'x'.repeat(5_000)}\nrm -rf /`),
    answers('long', 'Exit code 1000000', true),
    uses('same', 'one'),
    uses('same', 'two'),
    answers('same', 'Exit code 7\nall', true),
    answers('nobody', 'Exit code 1', true),
  )
  expect(told.commands).toHaveLength(100)
  expect(told.earlier).toBe(352)
  const [long, same] = told.commands.slice(-2)
  expect(same).toEqual({ command: 'two', exitStatus: 7 })
  expect(long?.exitStatus).toBeNull()
  expect(long?.command).toMatch(/^printf '⟪U\+001B⟫\[2J⟪U\+202E⟫' x+…$/)
  expect(long?.command.length).toBeLessThanOrEqual(201)
})

test('whatever is no report of a command is none, and no stream is none', async () => {
  expect(
    await commandsIn(
      '"Bash"',
      '{"type":"assistant","message":{"content":"Bash"}}',
      '{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Bash","id":7,"input":{"command":"x"}}]}}',
      `{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Bash","id":"a","input":{"command":["x"]}}]}}`,
      `{"type":"user","message":${'['.repeat(100_000)}"Bash"`,
      answers('a', 'Exit code 1', true),
      uses('b', 'make').slice(0, -1),
    ),
  ).toEqual({ commands: [], earlier: 0 })
  expect(await readCommands({ stream: join(await temporaryFolder(), 'none') })).toEqual({ commands: [], earlier: 0 })
})
