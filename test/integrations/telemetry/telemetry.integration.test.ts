import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { foldTask } from '../../../main/core/task/transition.ts'
import { wantedAmong } from '../../../main/core/task/wanted-tasks.ts'
import { startTelemetry } from '../../../main/integrations/telemetry/telemetry.ts'
import { listen } from '../../../main/lib/http/http-listener.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { openEventLog } from '../../../main/tasks/events/event-log.ts'
import type { LoggedEnd } from '../../../main/tasks/events/logged-event.ts'
import { loggedEnd } from '../../support/logged-events.ts'
import { eventsOfGoodTask, slot } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { freePort } from '../../support/web/free-port.ts'

const token = 't'.repeat(43)
const good = foldTask(eventsOfGoodTask('/repo'), '/home')
const working = foldTask(eventsOfGoodTask('/repo').slice(0, 3), '/home')

async function world(otlpEndpoint: string | null) {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  const events = await openEventLog({ directory: home, log: silentLog })
  onTestFinished(() => events[Symbol.asyncDispose]())
  const telemetry = startTelemetry({
    tasks: {
      events,
      get: async () => good,
      find: async (wanted) => wantedAmong([good, working, working], wanted),
      slots: () => [
        { slot: slot(1), taskId: working.id },
        { slot: slot(2), taskId: null },
      ],
    },
    ...{ token, version: '1.2.3', otlpEndpoint, log: silentLog },
  })
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    log: silentLog,
    routes: { '/metrics': telemetry.metrics },
  })
  onTestFinished(() => listener.close())
  const ask = (shown: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${listener.port}/metrics`, { method, headers: { authorization: `Bearer ${shown}` } })
  const end = (changes: Partial<LoggedEnd> = {}) => {
    const { seq: _seq, at: _at, ...event } = loggedEnd(changes)
    return events.append(event)
  }
  return { telemetry, ask, end }
}

test('whoever shows the token reads what runs now and sums since the start, in the format of Prometheus', async () => {
  const { telemetry, ask, end } = await world(null)
  await using _telemetry = telemetry
  const result = {
    success: true,
    summary: '',
    files_changed: [],
    error: null,
    cost_usd: 0.25,
    input_tokens: 9,
    output_tokens: 3,
  }
  await end({ result })
  await end({ result })
  await end({ repo: 'a "b"\\c', type: 'failed', mergeResult: null, result: null, error: 'It broke' })

  expect((await ask('wrong')).status).toBe(401)
  expect((await ask(token, 'POST')).status).toBe(405)
  const response = await ask(token)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).trim().split('\n')
  // Each line is one of the format's: https://prometheus.io/docs/instrumenting/exposition_formats
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
  const sample = new RegExp(`^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\\{${label}(?:,${label})*\\})? [-+0-9.e]+$`)
  for (const line of lines) expect(line.startsWith('#') || sample.test(line), line).toBe(true)
  const sampleOf = (start: string) =>
    lines
      .find((line) => line.startsWith(start))
      ?.split(' ')
      .at(-1)
  expect(sampleOf('microvm_tasks{phase="booting"')).toBe('2')
  expect(sampleOf('microvm_slots{state="busy"')).toBe('1')
  expect(sampleOf('microvm_task_ends_total{repo="project",outcome="merged"')).toBe('2')
  expect(lines.some((line) => line.startsWith('microvm_task_ends_total{repo="a \\"b\\"\\\\c",outcome="failed"'))).toBe(
    true,
  )
  expect(lines.find((line) => /^microvm_task_cost\w*_total\{/.test(line))).toMatch(/ 0\.5$/)
  expect(sampleOf('microvm_task_tokens_total{repo="project",direction="input"')).toBe('18')
})

test('a collector is sent a trace of each end and the metrics, when the server ends at the latest', async () => {
  const sent: { path: string; body: string }[] = []
  const collector = createServer(async (request, response) => {
    sent.push({ path: request.url ?? '', body: JSON.stringify(await json(request)) })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => collector.once('listening', resolve))
  onTestFinished(() => void collector.close())
  const address = collector.address()
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere')
  const { telemetry, end } = await world(`http://127.0.0.1:${address.port}`)
  await end()
  await telemetry[Symbol.asyncDispose]()
  const traces = sent.filter(({ path }) => path === '/v1/traces')
  expect(traces).toHaveLength(1)
  const [{ resourceSpans } = { resourceSpans: [] }] = traces.map(({ body }) => JSON.parse(body))
  const spans: { name: string; parentSpanId?: string; traceId: string; startTimeUnixNano: string }[] =
    resourceSpans[0].scopeSpans[0].spans
  expect(spans.map(({ name }) => name).toSorted()).toEqual([
    'agent, salvage and merge',
    'boot',
    'queue and clone',
    'task',
  ])
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  expect(BigInt(spans.find(({ name }) => name === 'task')?.startTimeUnixNano ?? 0) / 1_000_000n).toBe(
    BigInt(Date.parse(good.createdAt)),
  )
  expect(sent.some(({ path, body }) => path === '/v1/metrics' && body.includes('microvm.task.ends'))).toBe(true)
  expect(JSON.stringify(sent)).not.toContain(good.description)
})

test('a collector that is not there keeps no server from its end', async () => {
  const { telemetry, end } = await world(`http://127.0.0.1:${await freePort()}`)
  await end()
  await telemetry[Symbol.asyncDispose]()
})
