import type { ServerResponse } from 'node:http'
import type { NoticeName, Notices } from '../../preload/contract.ts'
import type { Host } from '../../preload/host.ts'
import { hostSize } from '../lib/host-size.ts'
import type { Handler } from '../lib/http/http-listener.ts'
import { readJsonBody, responseOutcome, sendJson, sendLongJson } from '../lib/http/http-message.ts'
import type { Log } from '../lib/log.ts'
import { type AnyReply, answerCall, type Calls } from '../window/answer-call.ts'
import type { Attention } from '../window/feed.ts'
import type { WindowService } from '../window/service.ts'
import { maySpeak, proofOf, windowPath } from './page-session.ts'

export interface WindowApiOptions {
  readonly service: WindowService
  /** Of the control API, for a desktop app that is the window of this server. */
  readonly token: string
  /** Of browsers, see `maySpeak`. */
  readonly session: string
  readonly version: string
  readonly log: Log
  /** Bytes that may wait for a reader of the event stream; beyond them nothing more is sent until it has caught up. */
  readonly waitingLimitBytes?: number
}

const bodyLimitBytes = 4 * 1024 * 1024
/** Keeps proxies and sleeping browsers from taking a silent stream for a dead one. */
const heartbeatMs = 15_000

/** `POST /api/window/NAME` answers a `Reply`, `GET /api/window/events` is the event stream of notices, `GET /api/window/proof` shows a page who we are. */
export function createWindowApi(options: WindowApiOptions): Handler {
  const { service, version, log } = options
  const host = async (): Promise<Host> => ({
    ...{ kind: 'web', platform: platformOf(), version, size: hostSize(), startAtLogin: null },
  })
  const calls: Partial<Calls> = { ...service.calls, host }
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const name = pathname.slice(windowPath.length)
    if (name === 'proof' && request.method === 'GET') {
      const proof = proofOf(options.session, request.headers.host ?? '', searchParams.get('nonce') ?? '')
      return proof === undefined ? refuse(response, 400, 'There is no nonce') : sendJson(response, 200, { proof })
    }
    if (!maySpeak(request, options)) return refuse(response, 401, 'Open the address that `serve` printed')
    if (name === 'events' && request.method === 'GET') {
      streamEvents(response, options, searchParams.get('attention') === 'changes' ? 'changes' : 'full')
      return
    }
    if (request.method !== 'POST') return refuse(response, 405, 'Calls are made by POST')
    // What a plain form of another page can send is no JSON.
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return refuse(response, 415, 'Calls are made in JSON')
    const body = await readJsonBody(request, bodyLimitBytes)
    if (body.kind === 'too-large') return refuse(response, 413, 'The request is too large')
    if (body.kind === 'malformed') return refuse(response, 400, 'The request is no JSON')
    const { lost } = responseOutcome(response)
    const reply = await answerCall(calls, name, body.value, log, lost)
    if (!lost.aborted) await sendLongJson(response, reply)
  }
}

/** A reader that does not keep up gets nothing more until it has caught up, and then learns that it missed something. */
function streamEvents(
  response: ServerResponse,
  { service, waitingLimitBytes = 4 * 1024 ** 2 }: WindowApiOptions,
  attention: Attention,
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  let behind = false
  const tell = <Name extends NoticeName>(name: Name, notice: Notices[Name]): void => {
    if (behind) return
    behind = response.writableLength > waitingLimitBytes
    if (!behind) response.write(`data: ${JSON.stringify({ name, notice })}\n\n`)
  }
  const end = service.listen((delta) => tell('delta', delta), attention)
  response.on('drain', () => {
    if (!behind) return
    behind = false
    service.skip()
  })
  const heartbeat = setInterval(() => {
    if (!behind) response.write(': here\n\n')
  }, heartbeatMs).unref()
  response.once('close', () => {
    clearInterval(heartbeat)
    end()
  })
  response.write(': here\n\n') // The browser takes the stream for open with its first bytes.
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const reply: AnyReply = { ok: false, failure: { code: 'argument-invalid', message } }
  sendJson(response, status, reply, status === 405 ? { allow: 'POST' } : {})
}

const platformOf = (): Host['platform'] =>
  process.platform === 'darwin' || process.platform === 'linux' ? process.platform : 'other'
