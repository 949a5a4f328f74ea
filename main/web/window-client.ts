import { request as httpRequest } from 'node:http'
import type { Delta } from '../../preload/live-state.ts'
import { toFailure } from '../core/failure.ts'
import type { AnyReply } from '../window/answer-call.ts'
import type { Attention } from '../window/feed.ts'
import { post } from './client.ts'
import { windowPath } from './page-session.ts'
import type { ServerFile } from './server-file.ts'

/** A running server, as a window of it sees it. */
export interface WindowConnection {
  /** Never rejects. */
  call(name: string, request: unknown): Promise<AnyReply>
  /** `onLost` when the stream ends before it was ended here. @returns the end of it. */
  listen(listener: (delta: Delta) => void, attention: Attention, onLost: () => void): () => void
}

type Address = Pick<ServerFile, 'host' | 'port' | 'token'>

export function windowConnection({ host = '127.0.0.1', port, token }: Address): WindowConnection {
  return {
    call: async (name, request) => {
      try {
        const path = windowPath + encodeURIComponent(name)
        const { text } = await post({ host, port }, path, token, JSON.stringify(request))
        return JSON.parse(text) as AnyReply // Our own server: the answer needs no second check.
      } catch (error) {
        return { ok: false, failure: toFailure(error) }
      }
    },
    listen: (listener, attention, onLost) => {
      let ended = false
      const lost = () => {
        if (!ended) onLost()
        ended = true
      }
      const request = httpRequest({
        host,
        port,
        path: `${windowPath}events?attention=${attention}`,
        agent: false,
        headers: { authorization: `Bearer ${token}` },
      })
      request.once('response', (response) => {
        let rest = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) {
            if (!line.startsWith('data: ')) continue
            const { notice } = JSON.parse(line.slice('data: '.length)) as { notice: Delta }
            if (!ended) listener(notice)
          }
        })
        response.once('close', lost)
      })
      request.once('error', lost)
      request.end()
      return () => {
        ended = true
        request.destroy()
      }
    },
  }
}
