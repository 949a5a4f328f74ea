import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type History, say } from '../support/claude/scripted-turn.ts'
import { steeredAgent as agent, heard, id, interrupt, text, untilGo } from '../support/machines/steered-agent.ts'

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
