import type { HookTarget } from '../../core/hook.ts'
import { retryAfterMs } from '../../lib/http/retry-after.ts'
import { whyFetchFailed } from '../../lib/http/why-fetch-failed.ts'
import { run } from '../../lib/processes/spawn.ts'
import type { HookMessage } from './hook-message.ts'
import { requestOf, webhookBody } from './request-of.ts'

/** What became of one try. `gone`: the receiver says that it is to be sent nothing more. */
export type Delivered =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string; readonly notBeforeMs?: number }
  | { readonly kind: 'gone'; readonly reason: string }

const answerMs = 15_000
const commandMs = 60_000
/** A receiver may ask for patience, within reason. */
const longestPatienceMs = 24 * 60 * 60_000

/** Tells a target once. Never rejects but with the signal's reason. No reason holds an address or a line, which may be secrets. */
export async function deliver(
  target: HookTarget,
  message: HookMessage,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Delivered> {
  const result =
    target.kind === 'command'
      ? await runCommand(target.command, message, env, signal)
      : await post(target, message, signal)
  signal.throwIfAborted()
  return result
}

async function post(
  target: Exclude<HookTarget, { kind: 'command' }>,
  message: HookMessage,
  signal: AbortSignal,
): Promise<Delivered> {
  const { url, headers, body } = requestOf(target, message, new Date())
  const limit = AbortSignal.timeout(answerMs)
  try {
    // A redirect may lead anywhere, with the signature and the text: it is an answer like any other that is no success.
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'microvm-orchestrator', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, limit]),
    })
    // What it says beside its status is not read.
    await response.body?.cancel()
    return judge(response)
  } catch (error) {
    if (limit.aborted) return { kind: 'failed', reason: `It did not answer within ${answerMs / 1000} s` }
    return { kind: 'failed', reason: `It cannot be reached (${whyFetchFailed(error)})` }
  }
}

function judge({ ok, status, headers }: Response): Delivered {
  if (ok) return { kind: 'done' }
  if (status === 410) return { kind: 'gone', reason: 'It answered 410: it is to be told nothing more' }
  const reason = `It answered ${status}`
  const wanted = retryAfterMs(headers.get('retry-after'), Date.now())
  return { kind: 'failed', reason, ...(wanted !== null && { notBeforeMs: Math.min(wanted, longestPatienceMs) }) }
}

/** The line is the user's; what a guest wrote comes by standard input alone, and never into the line or the environment. */
async function runCommand(
  command: string,
  message: HookMessage,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Delivered> {
  const {
    ok,
    timedOut,
    exitCode,
    signal: endedBy,
  } = await run(
    '/bin/sh',
    ['-c', command],
    {
      input: `${webhookBody(message)}\n`,
      env: {
        ...Object.fromEntries(
          Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
        MICROVM_EVENT: message.kind,
        MICROVM_EVENT_ID: message.id,
        MICROVM_TASK_ID: message.taskId ?? '',
      },
      timeoutMs: commandMs,
      outputLimitBytes: 1_000_000,
    },
    signal,
  )
  if (ok) return { kind: 'done' }
  if (timedOut) return { kind: 'failed', reason: `It did not end within ${commandMs / 1000} s` }
  if (exitCode !== null) return { kind: 'failed', reason: `It failed (exit status ${exitCode})` }
  return { kind: 'failed', reason: endedBy === null ? 'It could not be run' : `It was ended by ${endedBy}` }
}
