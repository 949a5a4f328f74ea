import type { Failure } from '../../main/core/failure.ts'
import type { AnswerOf, NoticeName, Notices, Reply, RequestName, RequestOf } from '../../preload/contract.ts'
import type { Carrier, Link } from './carrier.ts'
import { readEventStream } from './event-stream.ts'
import { pageToken, serverKnows, takeToken } from './page-session.ts'

type Listener = (notice: never) => void

const retryMs = 3_000

/**
 * The contract over HTTP: a POST a call, one event stream for what the host tells. The stream is opened again when it broke; `watch`
 * tells, since what was said meanwhile is lost.
 */
export function httpCarrier(base = '/api/window'): Carrier {
  const listeners = new Map<NoticeName, Set<Listener>>()
  const watchers = new Set<(link: Link) => void>()
  let streaming = false
  takeToken()
  // The address that `serve` prints, opened in a tab that shows the window already.
  window.addEventListener('hashchange', () => {
    if (takeToken()) location.reload()
  })

  /** Whether who answers at this address has shown that it is our server, since the last connection was lost. */
  let known: Promise<boolean> | null = null
  const headers = async (): Promise<Record<string, string> | undefined> => {
    const token = pageToken()
    if (token === null) return {}
    known ??= serverKnows(token, base).catch(() => false)
    if (await known) return { authorization: `Bearer ${token}` }
    known = null
    return undefined
  }

  const stream = async (): Promise<void> => {
    streaming = true
    for (;;) {
      const shown = await headers()
      const onData = (data: string): void => {
        const { name, notice } = JSON.parse(data) as { name: NoticeName; notice: Notices[NoticeName] }
        for (const listener of listeners.get(name) ?? []) listener(notice as never)
      }
      const end = shown && (await readEventStream(`${base}/events`, shown, { onOpen: () => tell('open'), onData }))
      known = null
      tell(end ?? 'lost')
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
  const tell = (link: Link): void => {
    for (const watcher of watchers) watcher(link)
  }

  return {
    call: async (name, request, signal) => {
      const shown = await headers()
      return shown ? await post(`${base}/${name}`, shown, request, signal) : { ok: false, failure: notThere }
    },
    listen(name, listener) {
      const known = listeners.get(name) ?? new Set()
      listeners.set(name, known.add(listener as Listener))
      return () => known.delete(listener as Listener)
    },
    watch(watcher) {
      watchers.add(watcher)
      if (!streaming) void stream()
      return () => watchers.delete(watcher)
    },
    // A browser does not tell where a dropped folder is.
    pathOf: () => '',
  }
}

async function post<Name extends RequestName>(
  url: string,
  headers: Readonly<Record<string, string>>,
  request: RequestOf<Name>,
  signal: AbortSignal | undefined,
): Promise<Reply<Name>> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(request),
      ...(signal && { signal }),
    })
  } catch {
    return { ok: false, failure: notThere } // `fetch` says no more than that it failed.
  }
  if (response.status === 401 || response.status === 403) return { ok: false, failure: noSession }
  try {
    return (await response.json()) as { ok: true; value: AnswerOf<Name> }
  } catch {
    const message = `The server answered with status ${response.status} and nothing readable`
    return { ok: false, failure: { code: 'no-server', message } }
  }
}

const notThere: Failure = {
  code: 'no-server',
  message: 'The server does not answer',
  hint: 'Start it again with: microvm-orchestrator serve',
}

/** A token that this server does not know, or none. */
export const noSession: Failure = {
  code: 'session-missing',
  message: 'This page has no session',
  hint: 'Open the address that microvm-orchestrator serve prints, or paste it here',
}
