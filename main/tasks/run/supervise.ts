import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type Failure, toFailure } from '../../core/failure.ts'
import type { MachineExit } from '../../core/task/task.ts'
import { entryAppears } from '../../lib/files/entry-appears.ts'
import { entryExists } from '../../lib/files/look.ts'
import type { Machine } from '../../machines/driver.ts'
import { shareNames } from '../record/task-files.ts'
import { removeKey } from './take-key.ts'

/** @public What is done to the share of a living machine, for programs that try it beside a guest. */
export { removeKey } from './take-key.ts'

export interface Watch {
  readonly share: string
  /** The runner must have started by then, in milliseconds from now. */
  readonly bootTimeoutMs: number
  /** The machine must have ended by then, in milliseconds from now. */
  readonly taskTimeoutMs: number
  /** How much of that time is over already. */
  readonly elapsedMs?: number
  /** How long the guest may make ready what the task works in without that being counted. Default: an hour. */
  readonly preparationMs?: number
  /** Each resolves with the failure of another limit when it is reached, undefined when there is none or the scope ends first. */
  readonly limitReached?: readonly ((over: AbortSignal) => Promise<Failure | undefined>)[]
  /** How long the guest has to power off when asked, before it is ended. */
  readonly powerOffTimeoutMs: number
  readonly onAgentStarted: () => Promise<unknown>
  /** Told when the guest begins to make ready what the task works in, and how long that took, in milliseconds. */
  readonly onPreparing?: () => Promise<unknown>
  readonly onPrepared?: (ms: number) => Promise<unknown>
  readonly onStopRequested: (reason: Failure) => Promise<unknown>
  /**
   * Told that the guest has said that it is done, and that its machine, whose shares are closed, goes on to its own end: whoever hears it sees to that.
   * Left out, the machine is watched until it is off.
   */
  readonly onDone?: () => void
  /** Told why something stays where the key was; it ends nothing. */
  readonly onKeyLeft?: (note: string) => Promise<unknown>
}

export type Supervised = { readonly kind: 'exited'; readonly exit: MachineExit } | { readonly kind: 'detached' }

const pollMs = 250
/** How long a started runner may take to fetch its key before the host takes it away. */
const keyTimeoutMs = 30_000

/**
 * Watches a machine to its end: sees the runner start, takes the key away, stops the machine at a deadline or when `stop` fires
 * (its reason is told), and lets go of it, still running, when `detach` fires.
 */
export async function supervise(
  machine: Machine,
  watch: Watch,
  stop: AbortSignal,
  detach: AbortSignal,
): Promise<Supervised> {
  using over = new Ending()
  const exited = machine.exited.then((exit) => ({ kind: 'exited', exit }) as const)
  const stopped = Promise.race([
    firing(stop, over.signal),
    taskDeadline(watch, over.signal),
    ...(watch.limitReached ?? []).map((reached) => follow(reached, over.signal)),
    followBoot(watch, over.signal),
  ])

  const first = await Promise.race([
    exited,
    stopped,
    firing(detach, over.signal).then(() => ({ kind: 'detached' }) as const),
    watch.onDone ? sharesClosed(machine, watch.share, over.signal) : never(),
  ])
  if ('kind' in first) {
    if (first.kind === 'exited' && watch.onDone && (await wasDone(first.exit, watch.share))) return poweredOff
    if (first.kind !== 'done') return first
    watch.onDone?.()
    return poweredOff
  }

  await watch.onStopRequested(first)
  await machine.powerOff(AbortSignal.timeout(watch.powerOffTimeoutMs))
  return await exited
}

const poweredOff = { kind: 'exited', exit: { kind: 'powered-off' } } as const

/** What becomes of a machine after its guest was done is nothing of the task's. */
const wasDone = async ({ kind }: MachineExit, share: string): Promise<boolean> =>
  (kind === 'crashed' || kind === 'panicked') && (await entryExists(join(share, shareNames.ended)))

/** A guest that lies about that it is done has its shares taken away all the same, and harms its own work alone. */
async function sharesClosed(machine: Machine, share: string, over: AbortSignal): Promise<{ readonly kind: 'done' }> {
  if (!machine.closeShares || !(await entryAppears(share, shareNames.ended, over))) return never()
  await machine.closeShares()
  return { kind: 'done' }
}

/** Ends what waits inside when the scope is left. */
class Ending implements Disposable {
  readonly #controller = new AbortController()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    this.#controller.abort()
  }
}

/** A promise of its own each time: one that is shared would hold on to everybody who ever waited. */
const never = (): Promise<never> => new Promise(() => undefined)

/** The failure that the signal carries, when it fires. */
async function firing(signal: AbortSignal, over: AbortSignal): Promise<Failure> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over }),
    )
  }
  return toFailure(signal.reason, 'cancelled')
}

async function deadline(
  ms: number,
  code: 'timed-out' | 'guest-failed',
  message: string,
  over: AbortSignal,
): Promise<Failure> {
  return (await pause(Math.max(0, ms), over)) ? toFailure(new AppError(code, `${message} of ${describe(ms)}`)) : never()
}

/** A guest that says for ever that it makes ready what the task works in gains no more than this. */
const longestPreparationMs = 3_600_000

/** Counts the time of the task, but for that in which the guest says that it makes ready what the task works in. */
async function taskDeadline(watch: Watch, over: AbortSignal): Promise<Failure> {
  const { share, taskTimeoutMs, elapsedMs = 0, preparationMs = longestPreparationMs } = watch
  let left = taskTimeoutMs - elapsedMs
  let spare = preparationMs
  let prepared: number | null = null
  while (left > 0) {
    const prepares = await entryExists(join(share, shareNames.preparing))
    if (prepares && prepared === null && spare > 0) {
      prepared = 0
      await watch.onPreparing?.()
    } else if (prepared !== null && !(prepares && spare > 0)) {
      await watch.onPrepared?.(Math.round(prepared))
      prepared = null
    }
    const since = performance.now()
    if (!(await pause(Math.min(pollMs, prepared === null ? left : spare), over))) return never()
    const passed = performance.now() - since
    if (prepared === null) left -= passed
    else {
      prepared += passed
      spare -= passed
    }
  }
  return toFailure(new AppError('timed-out', `The task ran into its time limit of ${describe(taskTimeoutMs)}`))
}

async function follow(
  reached: (over: AbortSignal) => Promise<Failure | undefined>,
  over: AbortSignal,
): Promise<Failure> {
  return (await reached(over)) ?? never()
}

/** Resolves only with a failure, when the runner has not started in time. */
async function followBoot(watch: Watch, over: AbortSignal): Promise<Failure> {
  const bootDeadline = deadline(
    watch.bootTimeoutMs,
    'guest-failed',
    'The guest did not start its runner within its time',
    over,
  )
  const started = waitFor(() => entryExists(join(watch.share, shareNames.started)), over)
  const late = await Promise.race([started, bootDeadline])
  if (late) return late
  if (over.aborted) return never() // It was seen as the watch ended.
  await watch.onAgentStarted()
  const fetched = waitFor(async () => !(await entryExists(join(watch.share, shareNames.key))), over).then(() => true)
  // A watch that ends early leaves the key: the guest may be about to fetch it, and the next watch sees to it.
  if (await Promise.race([fetched, pause(keyTimeoutMs, over)])) {
    const left = await removeKey(watch.share)
    if (left !== null) await watch.onKeyLeft?.(left)
  }
  return never()
}

async function waitFor(condition: () => Promise<boolean>, over: AbortSignal): Promise<void> {
  while (!(await condition())) {
    if (!(await pause(pollMs, over))) return never()
  }
}

/** True after the time; false when the scope ended first. */
async function pause(ms: number, over: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: over, ref: false })
    return true
  } catch {
    return false // Only an abort ends a sleep early.
  }
}

function describe(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
