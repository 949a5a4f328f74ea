import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../../main/lib/http/http-listener.ts'
import { type Fate, fateOf } from '../../../main/lib/http/http-message.ts'
import { silentLog } from '../../../main/lib/log.ts'

/** A server whose one answer the test gives, and a request to it that the test may give up. */
async function exchange(): Promise<{
  response: ServerResponse
  fate: Fate
  giveUp: () => void
  answer: Promise<string>
}> {
  const { promise, resolve } = Promise.withResolvers<{ response: ServerResponse; fate: Fate }>()
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    log: silentLog,
    routes: { '/': (_request, response) => resolve({ response, fate: fateOf(response) }) },
  })
  onTestFinished(() => listener.close())
  const client = new AbortController()
  const answer = fetch(`http://127.0.0.1:${listener.port}/`, { signal: client.signal })
    .then((reply) => reply.text())
    .catch(() => 'given up')
  return { ...(await promise), giveUp: () => client.abort(), answer }
}

test('an answer that was sent to its end is flushed and not lost', async () => {
  const { response, fate, answer } = await exchange()
  response.end('hello')
  expect(await fate.flushed).toBe(true)
  expect(await answer).toBe('hello')
  expect(fate.lost.aborted).toBe(false)
})

test('an answer whose client went away is lost and never flushed, even when it is ended afterwards', async () => {
  const { response, fate, giveUp, answer } = await exchange()
  giveUp()
  expect(await answer).toBe('given up')
  await once(fate.lost, 'abort')
  response.end('hello')
  expect(await fate.flushed).toBe(false)
})
