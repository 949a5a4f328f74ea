import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../../main/lib/http/http-listener.ts'
import { type ResponseOutcome, responseOutcome } from '../../../main/lib/http/http-message.ts'
import { silentLog } from '../../../main/lib/log.ts'

/** A server whose one answer the test gives, and a request to it that the test may give up. */
async function exchange(): Promise<{
  response: ServerResponse
  outcome: ResponseOutcome
  giveUp: () => void
  answer: Promise<string>
}> {
  const { promise, resolve } = Promise.withResolvers<{ response: ServerResponse; outcome: ResponseOutcome }>()
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    log: silentLog,
    routes: { '/': (_request, response) => resolve({ response, outcome: responseOutcome(response) }) },
  })
  onTestFinished(() => listener.close())
  const client = new AbortController()
  const answer = fetch(`http://127.0.0.1:${listener.port}/`, { signal: client.signal })
    .then((reply) => reply.text())
    .catch(() => 'given up')
  return { ...(await promise), giveUp: () => client.abort(), answer }
}

test('an answer that was sent to its end is flushed and not lost', async () => {
  const { response, outcome, answer } = await exchange()
  response.end('hello')
  expect(await outcome.flushed).toBe(true)
  expect(await answer).toBe('hello')
  expect(outcome.lost.aborted).toBe(false)
})

test('an answer whose client went away is lost and never flushed, even when it is ended afterwards', async () => {
  const { response, outcome, giveUp, answer } = await exchange()
  giveUp()
  expect(await answer).toBe('given up')
  await once(outcome.lost, 'abort')
  response.end('hello')
  expect(await outcome.flushed).toBe(false)
})
