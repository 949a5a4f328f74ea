import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { claudeCodeProgram } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, say, type Turn } from '../support/claude/scripted-turn.ts'
import { runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const id = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000000`
const text = (digit: number, what: string, when = 'next') => ({ id: id(digit), kind: 'text', text: what, when })
const interrupt = (digit: number) => ({ id: id(digit), kind: 'interrupt' })

/** The real runner with the real Claude Code, whose model answers by the script; messages are written as the host writes them. */
async function agent(
  script: (history: History) => Turn,
  { idleSeconds, ...options }: { readonly holdSeconds?: number; readonly idleSeconds?: number } = {},
) {
  const api = await startScriptedApi({ scripts: { default: script } })
  onTestFinished(() => api.close())
  const world = await runnerWorld(await temporaryFolder(), {
    task: 'Begin',
    claude: `exec '${claudeCodeProgram()}' "$@"`,
    environment: {
      ...{ ANTHROPIC_BASE_URL: api.url, IS_SANDBOX: '1' },
      ...(idleSeconds !== undefined && { MICROVM_IDLE_BACKGROUND_SECONDS: String(idleSeconds) }),
    },
    ...options,
  })
  let revision = 0
  const has = async (...parts: readonly string[]): Promise<boolean> =>
    (await world.read(join(world.share, 'claude-stream.jsonl')).catch(() => ''))
      .split('\n')
      .some((line) => parts.every((part) => line.includes(part)))
  return {
    ...world,
    running: world.run(),
    closed: () => existsSync(join(world.share, 'inbox-closed')),
    write: async (...messages: readonly (object | string)[]) => {
      revision += 1
      const lines = messages.map((message) => (typeof message === 'string' ? message : JSON.stringify(message)))
      await writeFile(join(world.share, '.new'), [revision, ...lines, ''].join('\n'))
      await rename(join(world.share, '.new'), join(world.share, 'messages.jsonl'))
    },
    /** Resolves when a line of the stream has all of these. */
    streamed: (...parts: readonly string[]) => until(() => has(...parts)),
    go: () => writeFile(join(world.repo, 'go'), ''),
  }
}

const untilGo = bash('echo begun >begun; until [ -e go ]; do sleep 0.1; done')
const heard = ({ texts }: History, what: string): boolean => texts.some((each) => each.includes(what))

test('a message that comes while a tool runs is read in the same turn, once, however often it is written', async () => {
  const asked: History[] = []
  const { write, streamed, go, running, result, closed } = await agent((history) => {
    asked.push(history)
    return history.results.length === 0 ? untilGo : say(heard(history, 'use the other one') ? 'The other.' : 'This.')
  })
  await streamed('"tool_use"')
  await write(text(1, 'Please use the other one'))
  await streamed(id(1), '"queued"')
  await write(text(1, 'Please use the other one'))
  await write(text(1, 'Please use the other one'), 'no JSON', '[]', '{"id":"x","kind":"text","text":"no"}', '{}')
  await go()
  const { stdout } = await running
  expect(stdout.match(/a message for claude/g)).toHaveLength(1)
  expect(await result()).toMatchObject({ success: true, summary: 'The other.' })
  expect(asked).toHaveLength(2)
  expect(asked[1]?.texts.filter((each) => each.includes('use the other one'))).toHaveLength(1)
  expect(closed()).toBe(true)
})

test('a message for afterwards has a turn of its own, and one for now ends the turn at the next tool', async () => {
  const { write, streamed, go, running, result } = await agent((history) => {
    if (heard(history, 'LAST')) return say('Heard last.')
    if (heard(history, 'FIRST')) return say('Heard first.')
    return history.results.length === 0 ? untilGo : say('Not interrupted.')
  })
  await streamed('"tool_use"')
  await write(text(1, 'LAST', 'after'), text(2, 'FIRST', 'now'))
  await streamed(id(2), '"queued"')
  await go()
  await running
  expect(await result()).toMatchObject({ success: true, summary: 'Heard last.' })
  await streamed('"result"', 'Heard first.')
})

test('an interrupt ends the turn at once, and the agent waits for what it is told next', async () => {
  const { write, streamed, running, result, closed } = await agent(
    (history) => (heard(history, 'Go on') ? say('Went on.') : untilGo),
    { holdSeconds: 600 },
  )
  await streamed('"tool_use"')
  await write(interrupt(1))
  await streamed('"result"', 'error_during_execution')
  expect(closed()).toBe(false)
  await write(interrupt(1), text(2, 'Go on'))
  await running
  expect(await result()).toMatchObject({ success: true, summary: 'Went on.', error: null })
})

test('an agent that was interrupted and is told nothing more ends as one that did not succeed', async () => {
  const { write, streamed, running, result, closed } = await agent(() => untilGo)
  await streamed('"tool_use"')
  await write(interrupt(1))
  await running
  expect(await result()).toMatchObject({
    success: false,
    error: 'Claude was interrupted, and was told nothing more',
  })
  expect(closed()).toBe(true)
})

test('an agent that has come to its end is told what was written before it said so, and a slash makes no command of it', async () => {
  const { write, running, result } = await agent((history) =>
    say(heard(history, 'clear, and one more') ? 'Both.' : 'Done.'),
  )
  await write(text(1, '/clear, and one more', 'after'))
  await running
  expect(await result()).toMatchObject({ success: true, summary: 'Both.' })
})

test('an agent that is interrupted twice waits no longer than one that is interrupted once', async () => {
  const { write, streamed, running, result, closed } = await agent(() => untilGo, { holdSeconds: 3 })
  await streamed('"tool_use"')
  await write(interrupt(1))
  await streamed('"result"', 'error_during_execution')
  await write(interrupt(2))
  await streamed('control_response', id(2))
  expect(closed()).toBe(false)
  await running
  expect(await result()).toMatchObject({
    success: false,
    error: 'Claude was interrupted, and was told nothing more',
  })
})

test('the time for commands in the background does not end an agent that waits for its user', async () => {
  const { write, streamed, running, result } = await agent(
    (history) => (heard(history, 'Go on') ? say('Went on.') : untilGo),
    { holdSeconds: 600, idleSeconds: 1 },
  )
  await streamed('"tool_use"')
  await write(interrupt(1))
  await streamed('"result"', 'error_during_execution')
  await sleep(4000)
  await write(interrupt(1), text(2, 'Go on'))
  await running
  expect(await result()).toMatchObject({ success: true, summary: 'Went on.', error: null })
})
