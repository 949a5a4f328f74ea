import type { IncomingMessage, ServerResponse } from 'node:http'
import { consumerName } from '../api/consumer-name.ts'
import { readInput, reportFailure } from '../api/failure.ts'
import type { Failure, FailureCode } from '../core/failure.ts'
import { isLoopback } from '../lib/addresses.ts'
import { isAuthorized } from '../lib/http/bearer.ts'
import type { Handler } from '../lib/http/http-listener.ts'
import { type ResponseOutcome, readJsonBody, responseOutcome, sendJson } from '../lib/http/http-message.ts'
import type { Log } from '../lib/log.ts'
import type { Tasks } from '../tasks/contract.ts'
import { controlCalls } from './control-requests.ts'

export interface ControlApiOptions {
  readonly tasks: Tasks
  /** What the caller must show as `Authorization: Bearer TOKEN`. */
  readonly token: string
  readonly version: string
  readonly log: Log
}

const bodyLimitBytes = 4 * 1024 * 1024
/** How often a call that waits looks whether anything can still come. */
const progressIntervalMs = 10_000

type ControlCall = NonNullable<ReturnType<typeof controlCalls.get>>

/**
 * `POST /api/OPERATION` with a JSON body, for the command line of the same user, who counts as a person: only the user reads the token, and `GET /api/hello` for anybody on this host.
 * @returns the handler for the route `/api/`.
 */
export function createControlApi({ tasks, token, version, log }: ControlApiOptions): Handler {
  return async (request, response) => {
    const name = pathOf(request).slice('/api/'.length)
    if (name === 'hello' && request.method === 'GET' && isLoopback(request.socket.remoteAddress ?? '')) {
      return sendJson(response, 200, { name: 'microvm-orchestrator', version, pid: process.pid })
    }
    if (!isAuthorized(request.headers, token))
      return refuse(response, 401, 'argument-invalid', 'The token is missing or wrong')
    const call = controlCalls.get(name)
    if (!call) return refuse(response, 404, 'argument-invalid', 'There is no such call')
    if (request.method !== 'POST') return refuse(response, 405, 'argument-invalid', 'Calls are made by POST')

    const body = await readJsonBody(request, bodyLimitBytes)
    if (body.kind === 'too-large') return refuse(response, 413, 'argument-invalid', 'The request is too large')
    if (body.kind === 'malformed') return refuse(response, 400, 'argument-invalid', 'The request is no JSON')
    const outcome = responseOutcome(response)
    try {
      sendJson(response, 200, await answer(call, body.value, tasks, outcome))
    } catch (error) {
      if (outcome.lost.aborted) return
      const failure = reportFailure(error, log, 'a call failed', { call: name })
      sendJson(response, failure.code === 'internal' ? 500 : 400, { error: failure })
    }
  }
}

/** Reads the request, finds the caller's consumer, and has the operation answer. */
async function answer(
  { operation, request }: ControlCall,
  body: unknown,
  tasks: Tasks,
  { lost, flushed }: ResponseOutcome,
): Promise<object> {
  const { client, ...input } = readInput(request, body, 'The request')
  const consumer =
    operation.consumer === undefined || client === undefined
      ? null
      : await tasks.events.join(consumerName(String(client)), { durable: true })
  return await operation.call(input, {
    ...{ tasks, by: 'person', consumer },
    ...{ progress: null, progressIntervalMs },
    ...{ delivered: flushed, signal: lost },
  })
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/'

function refuse(response: ServerResponse, status: number, code: FailureCode, message: string): void {
  const error: Failure = { code, message }
  sendJson(response, status, { error }, status === 405 ? { allow: 'POST' } : {})
}
