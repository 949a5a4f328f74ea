import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { agentScripts } from '../scripts.ts'
import { newId, streamMessage, wholeMessage } from './message-stream.ts'
import { historyOf, type MessagesRequest, messagesRequest, scriptNamed } from './messages-request.ts'
import { type Script, say, type Turn } from './scripted-turn.ts'

export interface ScriptedApiOptions {
  /** By the NAME in `[script: NAME]` in the task; added to those for agents, of which `default` serves tasks that name none. */
  readonly scripts?: Readonly<Record<string, Script>>
  /** Any other key is refused with 401. */
  readonly expectedKey?: string
  /** Between two pieces of an answer. */
  readonly delayMs?: number
}

/** One request to `/v1/messages`, as it came. */
interface ScriptedRequest {
  readonly script: string
  readonly turn: number
  readonly model: string
  /** The header that carried the key. */
  readonly authorization: 'x-api-key' | 'bearer' | 'none'
  readonly accepted: boolean
}

export interface ScriptedApi extends AsyncDisposable {
  /** For ANTHROPIC_BASE_URL. */
  readonly url: string
  readonly requests: readonly ScriptedRequest[]
  /** The key that each of them showed. */
  readonly keys: readonly (string | undefined)[]
  close(): Promise<void>
}

/**
 * A stand-in for the Anthropic Messages API on a free port of the loopback: every word that the model says comes from a script,
 * everything else is the real Claude Code's own doing.
 */
export async function startScriptedApi(options: ScriptedApiOptions = {}): Promise<ScriptedApi> {
  const scripts: Readonly<Record<string, Script>> = { ...agentScripts, ...options.scripts }
  const requests: ScriptedRequest[] = []
  const keys: (string | undefined)[] = []
  const server = createServer((request, response) => {
    answer(request, response, scripts, options, { requests, keys }).catch((error: unknown) => {
      // A client that went away in the middle ends here too, and reads no more.
      sendError(response, 500, `Scripted API: ${String(error)}`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests, keys, close, [Symbol.asyncDispose]: close }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  scripts: Readonly<Record<string, Script>>,
  { expectedKey, delayMs = 0 }: ScriptedApiOptions,
  { requests, keys }: { readonly requests: ScriptedRequest[]; readonly keys: (string | undefined)[] },
): Promise<void> {
  const body = await text(request)
  const path = request.url?.split('?')[0]
  if (request.method === 'HEAD' || path === '/') return void response.writeHead(200).end()
  if (path === '/v1/messages/count_tokens') return sendJson(response, 200, { input_tokens: Math.ceil(body.length / 4) })
  if (path !== '/v1/messages' || request.method !== 'POST') return sendError(response, 404, `No ${path}`)

  const parsed = messagesRequest.parse(JSON.parse(body))
  const { name, turn, next } = choose(parsed, scripts)
  const { authorization, key } = keyOf(request)
  const accepted = expectedKey === undefined || key === expectedKey
  keys.push(key)
  requests.push({ script: name, turn, model: parsed.model, authorization, accepted })
  const then: Turn = accepted ? await next() : { kind: 'error', status: 401 }
  switch (then.kind) {
    case 'error':
      return sendError(response, then.status, errorMessages[then.status])
    case 'limit':
      return sendError(response, 429, errorMessages[429], limitHeaders(then.resetsAt))
    case 'drop':
      return void response.destroy()
    case 'hang':
      return
    case 'answer':
      if (parsed.stream) return await streamMessage(response, parsed.model, then.blocks, then.delayMs ?? delayMs)
      return sendJson(response, 200, wholeMessage(parsed.model, then.blocks))
  }
}

/** Requests without tools are Claude Code's own small jobs, such as a title; they are no part of the script. */
function choose(
  request: MessagesRequest,
  scripts: Readonly<Record<string, Script>>,
): { name: string; turn: number; next: () => Turn | Promise<Turn> } {
  if (!request.tools?.length) return { name: '', turn: 0, next: () => say('ok') }
  const name = scriptNamed(request) ?? 'default'
  const history = historyOf(request)
  const script = scripts[name]
  if (!script) throw new Error(`no script is called ${name}`)
  return { name, turn: history.turn, next: () => script(history) }
}

function keyOf({ headers }: IncomingMessage): { authorization: ScriptedRequest['authorization']; key?: string } {
  const apiKey = headers['x-api-key']
  if (typeof apiKey === 'string') return { authorization: 'x-api-key', key: apiKey }
  const bearer = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]
  return bearer === undefined ? { authorization: 'none' } : { authorization: 'bearer', key: bearer }
}

const errorMessages = {
  401: 'invalid x-api-key',
  404: 'model: not found',
  429: 'This request would exceed your rate limit',
  500: 'Internal server error',
  529: 'Overloaded',
} as const

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
}

/** What Claude Code reads of a refusal whose limit is a subscription's. */
const limitHeaders = (resetsAt: number): Readonly<Record<string, string>> => ({
  'anthropic-ratelimit-unified-status': 'rejected',
  'anthropic-ratelimit-unified-reset': String(resetsAt),
  'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  'x-should-retry': 'false',
})

type Headers = Readonly<Record<string, string>>

function sendError(response: ServerResponse, status: number, message: string, headers: Headers = {}): void {
  if (response.headersSent) return void response.destroy()
  sendJson(response, status, { type: 'error', error: { type: errorTypes[status], message } }, headers)
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers: Headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': newId('req'), ...headers })
  response.end(JSON.stringify(value))
}
