import type { AnswerOf, RequestName, RequestOf } from '../../preload/contract.ts'
import { readInput, reportFailure } from '../api/failure.ts'
import { AppError, type Failure } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'
import { requestSchemas } from './requests.ts'
import { failureInWindow } from './window-words.ts'

/** Answers to calls of the window; a carrier has those of its host in it. `signal` fires when the caller is gone. */
export type Calls<Names extends RequestName = RequestName> = {
  readonly [Name in Names]: (request: RequestOf<Name>, signal: AbortSignal) => Promise<AnswerOf<Name>>
}

/** As `Reply` of the contract, for a call whose name is only known when it comes. */
export type AnyReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure }

/** Checks a call as it came from a window and answers it. Never rejects: what went wrong is the answer. */
export async function answerCall(
  calls: Partial<Calls>,
  name: string,
  request: unknown,
  log: Log,
  signal: AbortSignal,
): Promise<AnyReply> {
  try {
    if (!isName(name)) throw new AppError('argument-invalid', 'There is no such call')
    const call = calls[name] as ((request: unknown, signal: AbortSignal) => Promise<unknown>) | undefined
    if (!call) throw new AppError('argument-invalid', 'Only the desktop app can do this')
    const input: unknown = readInput(requestSchemas[name], request, 'The request')
    return { ok: true, value: await call(input, signal) }
  } catch (error) {
    if (signal.aborted) return { ok: false, failure: { code: 'cancelled', message: 'The caller went away' } }
    return {
      ok: false,
      failure: failureInWindow(reportFailure(error, log, 'a call of the window failed', { name: name.slice(0, 80) })),
    }
  }
}

const isName = (name: string): name is RequestName => Object.hasOwn(requestSchemas, name)
