import { messageOf } from '../../core/failure.ts'
import { isAuthorized } from '../../lib/http/bearer.ts'
import type { Handler } from '../../lib/http/http-listener.ts'
import type { Log } from '../../lib/log.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { isEnd } from '../../tasks/events/logged-event.ts'
import type { OpenTelemetry, OpenTelemetryOptions } from './open-telemetry.ts'
import { Totals } from './totals.ts'

export interface TelemetryOptions extends OpenTelemetryOptions {
  readonly tasks: Pick<Tasks, 'events' | 'find' | 'get' | 'slots'>
  /** What a reader of the metrics must show as `Authorization: Bearer TOKEN`. */
  readonly token: string
  readonly log: Log
}

export interface Telemetry extends AsyncDisposable {
  /** Answers `GET /metrics` in the text format of Prometheus. */
  readonly metrics: Handler
}

/** Counts from now on. What OpenTelemetry needs is loaded when it is needed first: most homes never ask. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const { tasks, token, log, otlpEndpoint } = options
  const totals = new Totals()
  let loaded: Promise<OpenTelemetry> | undefined
  const open = () => {
    loaded ??= import('./open-telemetry.ts').then(({ openTelemetry }) => openTelemetry(options, totals))
    return loaded
  }
  let seen = tasks.events.head
  const unwatch = tasks.events.watch(() => {
    for (const event of tasks.events.read(seen)) {
      seen = event.seq
      totals.add(event)
      if (otlpEndpoint === null || !isEnd(event)) continue
      void Promise.all([open(), tasks.get(event.taskId)])
        .then(([{ sendTrace }, task]) => sendTrace(task))
        .catch((error: unknown) => log.warn('a trace could not be sent', { reason: messageOf(error) }))
    }
  })
  if (otlpEndpoint !== null) void open()
  return {
    metrics: async (request, response) => {
      if (!isAuthorized(request.headers, token)) {
        response
          .writeHead(401, { 'www-authenticate': 'Bearer' })
          .end('The token of metrics-token is missing or wrong\n')
        return
      }
      if (request.method !== 'GET') {
        response.writeHead(405, { allow: 'GET' }).end()
        return
      }
      const text = await (await open()).metrics()
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
    },
    [Symbol.asyncDispose]: async () => {
      unwatch()
      await (await loaded)?.close()
    },
  }
}
