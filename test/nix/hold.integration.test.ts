import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type History, say } from '../support/claude/scripted-turn.ts'
import {
  steeredAgent as agent,
  finish,
  heard,
  id,
  interrupt,
  text,
  untilGo,
} from '../support/machines/steered-agent.ts'
import { temporaryFolder } from '../support/temporary.ts'

const held = (seconds: number) => ({ environment: { MICROVM_HOLD_SECONDS: String(seconds) } })

test('an agent that is held waits after each answer, says so with what it said, and ends as usual when it is to finish', async () => {
  const { write, streamed, running, result, closed, waits } = await agent(
    (history) => say(heard(history, 'More of it') ? 'That too.' : 'Done.'),
    held(600),
  )
  await expect.poll(waits).toBe('Done.')
  expect(closed()).toBe(false)
  await write(text(1, 'More of it'))
  await streamed(id(1), '"completed"')
  await expect.poll(waits).toBe('That too.')
  await write(interrupt(2))
  await streamed('control_response', id(2))
  expect(await waits()).toBe('That too.')
  await write(finish(3))
  await running
  expect(await result()).toMatchObject({ success: true, summary: 'That too.', error: null })
  expect(await waits()).toBeUndefined()
  expect(closed()).toBe(true)
})

test('what comes while an answer is written is read in a turn of its own, before the agent waits', async () => {
  const writes = Promise.withResolvers<void>()
  const { write, streamed, running, result, waits } = await agent((history) => {
    if (heard(history, 'Red, too')) return say('Red as well.')
    writes.resolve()
    return { kind: 'answer', blocks: [{ type: 'text', text: 'A long text on colours. '.repeat(6) }], delayMs: 400 }
  }, held(600))
  await writes.promise
  await write(text(1, 'Red, too'))
  await streamed(id(1), '"queued"')
  await expect.poll(waits).toBe('Red as well.')
  await write(finish(2))
  await running
  expect(await result()).toMatchObject({ success: true, summary: 'Red as well.' })
})

test('an agent that is held ends when its time is up, and at once when it was told to finish while it worked', async () => {
  const { running, result } = await agent(() => say('Done.'), held(1))
  expect((await running).stdout).toContain('waiting for a message')
  expect(await result()).toMatchObject({ success: true, summary: 'Done.' })

  const early = await agent((history) => (history.results.length === 0 ? untilGo : say('Done.')), held(600))
  await early.streamed('"tool_use"')
  await early.write(finish(1))
  await early.go()
  expect((await early.running).stdout).not.toContain('waiting for a message')
  expect(await early.result()).toMatchObject({ success: true, summary: 'Done.' })
})

test('an agent whose turn failed is not held; one that was interrupted ends as such when it is to finish', async () => {
  const failing = await agent(() => ({ kind: 'error', status: 404 }), held(600))
  await failing.running
  expect(await failing.result()).toMatchObject({ success: false, error: expect.stringContaining('404') })

  const { write, streamed, running, result, waits } = await agent(() => untilGo, { holdSeconds: 600 })
  await streamed('"tool_use"')
  await write(interrupt(1))
  await expect.poll(waits).toBe('')
  await write(finish(2))
  await running
  expect(await result()).toMatchObject({ success: false, error: 'Claude was interrupted, and was told nothing more' })
})

test('an agent that goes on is told again what its session does not know, once, and nothing else', async () => {
  const folder = await temporaryFolder()
  const prompt = '0a000000-0000-4000-8000-000000000000'
  const first = await agent((history) => (history.results.length === 0 ? untilGo : say('Done.')), {
    ...{ folder, environment: { MICROVM_HOLD_SECONDS: '600', MICROVM_PROMPT_ID: prompt } },
  })
  await first.streamed('"tool_use"')
  await first.write(text(1, 'Read while a tool ran'))
  await first.streamed(id(1), '"queued"')
  await first.go()
  await expect.poll(first.waits).toBe('Done.')
  await first.write(text(2, 'Read in a turn of its own'))
  await first.streamed(id(2), '"completed"')
  await expect.poll(first.waits).toBe('Done.')
  const [project = ''] = await readdir(join(first.share, 'session'))
  expect(project).not.toBe('') // What it remembers is kept while it waits, for its machine may be lost.
  await first.write(finish(3))
  await first.running
  const [session = ''] = (await readdir(join(first.share, 'session', project))).filter((name) =>
    name.endsWith('.jsonl'),
  )

  const told = [prompt, id(1), id(2), id(4)].map((each, number) => ({ id: each, text: `Text ${number}` }))
  await writeFile(join(first.share, 'told.jsonl'), told.map((one) => `${JSON.stringify(one)}\n`).join(''))
  await writeFile(join(first.share, 'continue.md'), 'Go on')
  await rm(join(folder, 'home'), { recursive: true })
  const asked: History[] = []
  const remember = async (environment: Readonly<Record<string, string>>) => {
    const next = await agent(
      (history) => {
        asked.push(history)
        return say('Went on.')
      },
      { folder, environment },
    )
    await next.running
    expect(await next.result()).toMatchObject({ success: true, summary: 'Went on.' })
    return asked.at(-1)?.texts.at(-1)
  }
  const again = 'You were told this before, and may not remember it:\n\nText'
  expect(await remember({ MICROVM_RESUME_SESSION: session.replace('.jsonl', '') })).toBe(`${again} 3\n\nGo on`)
  expect(asked).toHaveLength(1)

  await rm(join(first.share, 'session'), { recursive: true })
  expect(await remember({ MICROVM_RESUME_SESSION: session.replace('.jsonl', '') })).toBe(
    ['Begin', ...[0, 1, 2, 3].map((number) => `${again} ${number}`), 'Go on'].join('\n\n'),
  )
})
