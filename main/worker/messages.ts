import { z } from 'zod'
import { AppError, type FailureCode } from '../core/failure.ts'

/** An error on its way through a pipe, with what caused it. */
export interface SentError {
  readonly name: string
  readonly message: string
  readonly code?: string | undefined
  readonly hint?: string | undefined
  readonly cause?: SentError | undefined
}

/** What a worker is told, a line each: one task's jobs, one after the other, and that the one under way is not wanted any more. */
export type ToWorker =
  | {
      readonly kind: 'job'
      readonly name: string
      readonly input: unknown
      /** To be deleted when the orchestrator dies in the middle of the job, so that this is not taken for the job's fault. */
      readonly attempt?: string | undefined
    }
  | { readonly kind: 'abort'; readonly reason: SentError }

/** What it answers. The limits of a line's length and number are the reader's. */
export type FromWorker = z.output<typeof fromWorker>

const sentError: z.ZodType<SentError> = z.object({
  name: z.string().max(200),
  message: z.string().max(100_000),
  code: z.string().max(200).optional(),
  hint: z.string().max(10_000).optional(),
  cause: z.lazy(() => sentError).optional(),
})

export const fromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('publishing'), isPublishing: z.boolean() }),
  z.object({ kind: z.literal('answer'), output: z.unknown() }),
  z.object({ kind: z.literal('failed'), error: sentError }),
])

const longestMessage = 20_000
const deepestCause = 4

export function errorToSend(thrown: unknown, depth = 0): SentError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown).slice(0, longestMessage) }
  const { name, message, cause } = thrown
  const { code, hint } = thrown as { code?: unknown; hint?: unknown }
  return {
    name: name.slice(0, 200),
    message: message.slice(0, longestMessage),
    ...(typeof code === 'string' && { code: code.slice(0, 200) }),
    ...(typeof hint === 'string' && { hint: hint.slice(0, 10_000) }),
    ...(cause !== undefined && depth < deepestCause && { cause: errorToSend(cause, depth + 1) }),
  }
}

/** The error as it was thrown, as far as anybody asks: an `AppError` whole, of others name, message, code and cause. */
export function errorThatCame({ name, message, code, hint, cause }: SentError): Error {
  const options = cause === undefined ? {} : { cause: errorThatCame(cause) }
  if (name === 'AppError') {
    return new AppError(code as FailureCode, message, { ...(hint !== undefined && { hint }), ...options })
  }
  if (name === 'TimeoutError' || name === 'AbortError') return new DOMException(message, name)
  const error = Object.assign(new Error(message, options), code === undefined ? {} : { code })
  error.name = name
  return error
}
