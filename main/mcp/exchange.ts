import { AsyncLocalStorage } from 'node:async_hooks'
import type { ResponseOutcome } from '../lib/http/http-message.ts'

/** The HTTP exchange that carries a call. The SDK hides it from tools, so it travels with the asynchronous context. */
export interface Exchange {
  readonly outcome: ResponseOutcome
  /** How many requests share the response (a batch has several). */
  readonly requests: number
  /** Ends the response to the request without an answer. */
  end(requestId: string | number): void
}

export const currentExchange = new AsyncLocalStorage<Exchange>()
