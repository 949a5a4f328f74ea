import type { AnswerOf, NoticeName, Notices, Reply, RequestName, RequestOf } from '../preload/contract.ts'
import type { Carrier, Link } from './api.ts'

type Listener = (notice: never) => void

/**
 * The contract over HTTP: a POST a call, one event stream for what the host tells. The browser opens the stream again by itself when
 * it broke; `watch` tells, since what was said meanwhile is lost.
 */
export function httpCarrier(base = '/api/window'): Carrier {
  const listeners = new Map<NoticeName, Set<Listener>>()
  const watchers = new Set<(link: Link) => void>()
  let stream: EventSource | null = null

  const open = (): void => {
    if (stream) return
    stream = new EventSource(`${base}/events`)
    stream.onopen = () => tell('open')
    stream.onerror = () => {
      tell('lost')
      // A refusal closes the stream for good; a broken connection does not.
      if (stream?.readyState !== EventSource.CLOSED) return
      stream = null
      setTimeout(open, 3_000)
    }
    stream.onmessage = ({ data }) => {
      const { name, notice } = JSON.parse(data) as { name: NoticeName; notice: Notices[NoticeName] }
      for (const listener of listeners.get(name) ?? []) listener(notice as never)
    }
  }
  const tell = (link: Link): void => {
    for (const watcher of watchers) watcher(link)
  }

  return {
    call: (name, request) => post(`${base}/${name}`, request),
    listen(name, listener) {
      const known = listeners.get(name) ?? new Set()
      listeners.set(name, known.add(listener as Listener))
      return () => known.delete(listener as Listener)
    },
    watch(watcher) {
      watchers.add(watcher)
      open()
      return () => watchers.delete(watcher)
    },
    // A browser does not tell where a dropped folder is.
    pathOf: () => '',
  }
}

async function post<Name extends RequestName>(url: string, request: RequestOf<Name>): Promise<Reply<Name>> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
  } catch {
    // `fetch` says no more than that it failed.
    return refused('The server does not answer', 'Start it again with: microvm-orchestrator serve')
  }
  if (response.status === 401 || response.status === 403) {
    return refused('This page has no session', 'Open the address that `microvm-orchestrator serve` prints')
  }
  try {
    return (await response.json()) as { ok: true; value: AnswerOf<Name> }
  } catch {
    return refused(`The server answered with status ${response.status} and nothing readable`)
  }
}

const refused = (message: string, hint?: string): Extract<Reply<never>, { ok: false }> => ({
  ok: false,
  failure: { code: 'no-server', message, ...(hint !== undefined && { hint }) },
})
