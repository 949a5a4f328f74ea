import { AppError } from '../../core/failure.ts'
import { hostOf, type NewPlace, type Place } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { run } from '../../lib/processes/spawn.ts'
import { onHost } from './on-host.ts'
import { unreachablePlace } from './unreachable-place.ts'

/** Some hundred bytes a job, and those of others are not asked for. */
const answerBytes = 64 * 1024 ** 2
const answerMs = 60_000
/** How ssh itself fails. */
const sshFailed = 255

export interface EngineCommands {
  readonly place: Place
  /** What its commands need of our environment, and nothing else. */
  readonly env: () => Readonly<Record<string, string>>
  /** The engine's own words where it never takes such a job; undefined where it could not be asked, or only not now. Pure. */
  readonly refusalIn: (stderr: string) => string | undefined
  /** Whether a command that failed had nothing to do, from what it wrote. */
  readonly isDone?: (stderr: string) => boolean
}

export interface Asked {
  readonly signal: AbortSignal
  readonly input?: string
}

/** Runs a command of a cluster's engine and resolves with what it printed. @throws AppError('place-refused' | 'place-unreachable') */
export async function askEngine(
  { place, env, refusalIn, isDone }: EngineCommands,
  words: readonly string[],
  { signal, input = '' }: Asked,
): Promise<string> {
  const options = { env: env(), input, timeoutMs: answerMs, outputLimitBytes: answerBytes }
  const { ok, stdout, stderr, problem, exitCode } = await run(...onHost(hostOf(place), words), options, signal)
  signal.throwIfAborted()
  if (ok || (exitCode !== sshFailed && isDone?.(stderr))) return stdout
  const refusal = exitCode === sshFailed ? undefined : refusalIn(stderr)
  throw refusal === undefined ? unreachablePlace(place, stderr || (problem ?? '')) : refusedJob(place, refusal)
}

const refusedJob = ({ name }: NewPlace, refusal: string): AppError =>
  new AppError('place-refused', `The place ${name} refused the job: ${singleLineText(refusal).slice(0, 300)}`, {
    hint: `Change the task's limits or memory, or what the place asks its engine for: microvm-orchestrator places add ${name}`,
  })
