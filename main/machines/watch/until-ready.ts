import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/failure.ts'
import { type HelperProcess, lastLines } from '../helper-process.ts'
import type { RunDirectory } from '../run-directory.ts'

/** Helpers and a hypervisor's control socket are there within a fraction of a second; on a crowded host it can be most of a minute. */
export const readyMs = 120_000

/**
 * Probes a process that was just started until the probe answers; one that throws or answers undefined is tried again.
 * @throws AppError('boot-failed') with the process's last words when it ends before, or when `readyMs` have passed; the signal's
 * own reason when that fires for another one.
 */
export async function untilReady<T>(
  helper: HelperProcess,
  run: RunDirectory,
  probe: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  const ended = helper.ended.then(() => true)
  for (;;) {
    let reason: unknown
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
    } catch (error) {
      reason = error
    }
    if (await Promise.race([ended, sleep(10, false)])) throw await bootFailure(helper, run, reason)
    if (signal.aborted) throw await abortError(helper, run, signal)
  }
}

async function bootFailure({ handle, ended }: HelperProcess, run: RunDirectory, cause: unknown): Promise<AppError> {
  const { exitCode, signal } = await ended
  const words = await lastLines(run.log(handle.name))
  const how = signal === null ? `with status ${exitCode}` : `by ${signal}`
  return new AppError('boot-failed', `${handle.name} ended ${how} while the machine started${words && `: ${words}`}`, {
    hint: 'Run: microvm-orchestrator doctor',
    cause,
  })
}

async function abortError({ handle }: HelperProcess, run: RunDirectory, signal: AbortSignal): Promise<unknown> {
  if (!(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError')) return signal.reason
  const words = await lastLines(run.log(handle.name))
  return new AppError(
    'boot-failed',
    `${handle.name} was not ready within ${readyMs / 1000} s${words && `: ${words}`}`,
    {
      hint: 'The host may be overloaded: try again with fewer tasks at once',
      cause: signal.reason,
    },
  )
}
