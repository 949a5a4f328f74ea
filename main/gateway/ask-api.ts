import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayApi, NetworkReason } from '../core/network/gateway.ts'
import { type ApiRequest, listedRequest } from './api-requests.ts'
import { exchange } from './exchange.ts'
import { framingOf } from './framing.ts'
import { passedToApi } from './headers.ts'
import { hostAndPort } from './host-and-port.ts'
import { openOnward } from './open-onward.ts'
import type { GatewayParts } from './parts.ts'
import { passAnswer } from './pass-answer.ts'
import type { BodyBudget } from './read-body.ts'
import { serverSideUse } from './server-side-use.ts'

/** Why the guest gets no answer of the API, in the API's own words. */
interface Refusal {
  readonly status: number
  readonly type: string
  readonly message: string
  /** For the journal; left out, nothing that a user would look for there. */
  readonly reason?: NetworkReason
  /** What the guest still sends of its request is not read. */
  readonly closes?: true
}

const refusals = {
  path: {
    ...{ status: 403, type: 'permission_error', reason: 'path-refused' },
    message: 'The gateway of this task passes no such request to the API',
  },
  malformed: {
    ...{ status: 400, type: 'invalid_request_error', reason: 'malformed', closes: true },
    message: 'The gateway of this task cannot tell for sure where this request ends',
  },
  unreadable: {
    ...{ status: 400, type: 'invalid_request_error', reason: 'malformed' },
    message: 'The gateway of this task cannot read the body of this request as JSON without doubt',
  },
  tooLarge: {
    ...{ status: 413, type: 'request_too_large', closes: true },
    message: 'The body of this request is larger than the gateway of this task takes',
  },
} as const satisfies Record<string, Refusal>

const serverTools = (what: string): Refusal => ({
  ...{ status: 403, type: 'permission_error', reason: 'server-tools' },
  message:
    `This task may not have the API itself search, fetch, connect or run code for it (${what}). ` +
    "The user can allow it with the setting serverTools: 'allow'",
})

/**
 * Asks the API in the guest's place: a listed request, framed again, with the key of the host in place of whatever the guest sent. Never
 * rejects.
 */
export async function askApi(
  request: IncomingMessage,
  response: ServerResponse,
  api: GatewayApi,
  budget: BodyBudget,
  parts: GatewayParts,
): Promise<void> {
  const { journal } = parts
  const destination = hostAndPort(new URL(api.url))
  const refuse = ({ reason, ...refusal }: Refusal): void => {
    if (reason !== undefined) journal.add({ verdict: 'refused', ...destination, reason })
    answerError(response, refusal)
  }
  const listed = listedRequest(request.method, request.url)
  if (!listed) return refuse(refusals.path)
  const framing = framingOf(request)
  const hasBody = listed.method === 'POST'
  if (framing.kind === 'ambiguous' || request.httpVersion !== '1.1') return refuse(refusals.malformed)
  if (!hasBody && framing.kind !== 'none') return refuse(refusals.malformed)
  if (framing.kind === 'sized' && framing.bytes > parts.limits.bodyBytes) return refuse(refusals.tooLarge)
  try {
    using body = await budget.read(request)
    if (!body) return refuse(refusals.tooLarge)
    if (hasBody && api.serverTools === 'refuse') {
      const use = serverSideUse(body.bytes)
      if (use.kind === 'unreadable') return refuse(refusals.unreadable)
      if (use.kind === 'found') return refuse(serverTools(use.what))
    }
    if (response.destroyed) return
    const onward = openRequest(listed, request, hasBody ? body.bytes : null, api)
    onward.once('finish', () => body[Symbol.dispose]()) // An answer may take minutes, and the body is sent.
    await exchange(onward, response, {
      idleMs: parts.limits.idleMs,
      pass: (answered) => passAnswer(answered, response, { without: ['set-cookie'] }),
      fail: (why) => answerError(response, unreachable(why)),
      ended: ({ down }) => journal.add({ verdict: 'api', ...destination, up: body.bytes.length, down }),
    })
  } catch {
    response.destroy() // The guest went away before it had said all.
  }
}

/** The whole request, with nothing in it that the guest could have framed. */
function openRequest(
  { method, path, query }: ApiRequest,
  { rawHeaders }: IncomingMessage,
  body: Buffer | null,
  { url, credential }: GatewayApi,
): ClientRequest {
  const base = new URL(url)
  const onward = openOnward(base, {
    method,
    path: `${base.pathname.replace(/\/$/, '')}${path}${query}`,
    headers: [
      ...['Host', base.host, ...passedToApi(rawHeaders, credential === null)],
      ...(credential === null
        ? []
        : [credential.header, credential.header === 'authorization' ? `Bearer ${credential.key}` : credential.key]),
      ...(body === null ? [] : ['Content-Length', String(body.length)]),
      ...['Connection', 'close'],
    ],
  })
  onward.end(body ?? undefined)
  return onward
}

const unreachable = (why: string): Refusal => ({
  status: 502,
  type: 'api_error',
  message: `The API cannot be reached: ${why}`,
})

function answerError(response: ServerResponse, { status, type, message, closes }: Refusal): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const body = JSON.stringify({ type: 'error', error: { type, message } })
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(closes && { connection: 'close' }),
  })
  response.end(body)
}
