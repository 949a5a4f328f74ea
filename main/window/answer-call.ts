import type { AnswerOf, RequestName, RequestOf } from '../../preload/contract.ts'
import { AppError, type Failure, toFailure } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'
import { requestSchemas } from './requests.ts'

/** Answers to calls of the window; a carrier has those of its host in it. `signal` fires when whoever asked is gone. */
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
    const parsed = requestSchemas[name].safeParse(request)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const where = issue?.path.join('.') || 'The request'
      throw new AppError('argument-invalid', `${where}: ${issue?.message ?? 'invalid'}`)
    }
    return { ok: true, value: await call(parsed.data, signal) }
  } catch (error) {
    if (!(error instanceof AppError) && !signal.aborted)
      log.error('a call of the window failed', { name: name.slice(0, 80), reason: String(error) })
    return { ok: false, failure: toFailure(error) }
  }
}

const isName = (name: string): name is RequestName => Object.hasOwn(requestSchemas, name)
