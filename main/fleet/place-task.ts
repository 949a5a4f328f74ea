import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type Failure, toFailure } from '../core/failure.ts'
import type { MachineExit, Task } from '../core/task/task.ts'
import { seatOf, type TaskPlace } from '../core/task/task-place.ts'
import { unreachable } from '../core/unreachable.ts'
import { portableStart } from '../git/clone/portable-start.ts'
import { singleLineText } from '../lib/guest/terminal-text.ts'
import type { Log } from '../lib/log.ts'
import { isShortage } from '../lib/shortage.ts'
import { endTask } from '../tasks/finish/end-task.ts'
import { finishTask } from '../tasks/finish/finish-task.ts'
import { showInWorkTree } from '../tasks/record/mirror.ts'
import type { TaskRecord } from '../tasks/record/task-record.ts'
import { acceptedCaps, addNote, type PlacedRun, type RunEnd } from '../tasks/run/task-run.ts'
import { placedAssignment, repositoryName } from './assignment.ts'
import { takeCheckpoint } from './brought-files.ts'
import type { Engine } from './engine.ts'
import { type HomeGateway, startHomeGateway } from './home-gateway.ts'
import type { PlacedEnd } from './protocol.ts'
import { release } from './release.ts'
import { ownWords, type VisitEnd, visit } from './visit.ts'

/** In ms; tests have less patience. */
export interface Patience {
  /** From one try to reach a place to the next, at the least and at the most. */
  readonly retryMs: { readonly least: number; readonly most: number }
  /** How long a place may be out of reach until its task is given up. */
  readonly lostMs: number
  /** The same for a task that is to end. */
  readonly stopMs: number
  /** How long a place that is reached may take to end a task, its work saved. */
  readonly endMs: number
  /** How much longer than its task may take a machine may run there, until this host asks for its end. */
  readonly overtimeMs: number
}

export const usualPatience: Patience = {
  retryMs: { least: 500, most: 30_000 },
  lostMs: 24 * 60 * 60_000,
  stopMs: 2 * 60_000,
  endMs: 30 * 60_000,
  overtimeMs: 30 * 60_000,
}

/** What ends the following of a task, beside the end of the task. */
type Turn = VisitEnd | { readonly kind: 'out-of-reach'; readonly why: string }

/**
 * Takes a task at a place from wherever it is there to its recorded outcome here, whatever becomes of this process, the connection or the other
 * host meanwhile: each time it asks for a keeper, which is found where there is one, and goes on with what that says. Never rejects but for a record
 * that cannot be written.
 */
export async function runAtPlace(run: PlacedRun, engine: Engine, patience: Patience): Promise<RunEnd> {
  const { context, record } = run
  const { place } = record.task
  if (!place) throw new Error(`Task ${record.task.id} has no place`)
  if (record.task.exit) {
    // All of it came home before this process began; whether the place heard of that is not known.
    const released = release(engine, place.seat, AbortSignal.timeout(patience.stopMs))
    const end = await conclude(run)
    await released
    return end
  }
  const log = context.log.with({ taskId: record.task.id, place: place.name })
  let end: 'left' | 'finished' | 'home'
  try {
    end = await follow(run, { engine, place, patience, log })
  } catch (error) {
    if (isShortage(error) || record.task.machineStartedAt !== null) throw error // It goes on there: it is taken up again.
    // Of this host's own making: what the task was to be given could not be made or sent.
    log.warn('the task could not be placed', { reason: String(error) })
    await endTask(record, toFailure(error, 'boot-failed'))
    await endJob(engine, place, patience)
    return 'finished'
  }
  return end === 'home' ? await conclude(run) : end
}

interface Following {
  readonly engine: Engine
  readonly place: TaskPlace
  readonly patience: Patience
  readonly log: Log
}

/** @returns `home` when all that there is of the task is on our disk, and its machine's end on record. */
async function follow(
  run: PlacedRun,
  { engine, place, patience, log }: Following,
): Promise<'left' | 'finished' | 'home'> {
  const { record, context, detach, stop } = run
  const { timeoutMs } = record.task.caps ?? acceptedCaps(context.limits, {})
  using overtime = new Overtime(record, timeoutMs + patience.overtimeMs)
  // A wish that was on record when an earlier process ended holds still.
  const { stopReason } = record.task
  const stopping = stopReason ? AbortSignal.abort(stopReason) : AbortSignal.any([stop, overtime.signal])
  const wish = recordStop(record, stopping)
  await using gateway = new GatewayOnDemand(run)
  using enough = new Limit(stopping, patience.endMs)
  const reach = new Reach(patience)
  while (!detach.aborted) {
    const begunAt = performance.now()
    const turn = await oneTurn(run, { engine, place, gateway, stopping, wish, enough: enough.signal })
    if (detach.aborted) break
    log.info('a visit ended', { kind: turn.kind, ...('why' in turn && { why: turn.why }) })
    switch (turn.kind) {
      case 'done':
        return turn.end.kind === 'ran' ? 'home' : 'finished'
      case 'lost':
        return await giveUp(run, `The place ${place.name} has nothing more of the task`)
      case 'not-given':
        await endTask(record, toFailure(stopping.reason, 'cancelled'))
        await endJob(engine, place, patience)
        return 'finished'
      case 'broken':
        return await giveUp(run, `What answers at the place ${place.name} breaks the protocol: ${turn.why}`)
      case 'gone':
      case 'out-of-reach': {
        reach.met(turn, begunAt)
        const why = reach.isLost(stopping.aborted)
          ? `was out of reach for ${describe(reach.awayMs)}: ${turn.why}`
          : enough.signal.aborted
            ? `did not end the task within ${describe(patience.endMs)}`
            : null
        if (why !== null) return await giveUp(run, `The place ${place.name} ${why}`)
        if (turn.kind === 'out-of-reach') await addNote(record, awayNote(place))
        await reach.pause(stopping.aborted ? [detach] : [detach, stopping])
        break
      }
      default:
        return unreachable(turn)
    }
  }
  return 'left' // Its machine goes on; the next start attaches again.
}

/** Shorter, a connection says nothing of the next. */
const steadyMs = 5_000

/** How well a place is reached: when it is tried again, and when no more. */
class Reach {
  readonly #patience: Patience
  #heardAt = performance.now()
  #pauseMs: number

  constructor(patience: Patience) {
    this.#patience = patience
    this.#pauseMs = patience.retryMs.least
  }

  get awayMs(): number {
    return performance.now() - this.#heardAt
  }

  met(turn: Turn, begunAt: number): void {
    if (turn.kind !== 'gone' || !turn.wasThere) return
    this.#heardAt = performance.now()
    // One that greets and goes at once is not asked faster for it.
    if (this.#heardAt - begunAt > steadyMs) this.#pauseMs = this.#patience.retryMs.least
  }

  isLost(isStopping: boolean): boolean {
    return this.awayMs > (isStopping ? this.#patience.stopMs : this.#patience.lostMs)
  }

  async pause(ends: readonly AbortSignal[]): Promise<void> {
    const ms = this.#pauseMs
    this.#pauseMs = Math.min(ms * 2, this.#patience.retryMs.most)
    await sleep(ms, undefined, { signal: AbortSignal.any([...ends]) }).catch(() => undefined) // An abort is a reason to look at once.
  }
}

const describe = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/** Fires when so much time is over since another signal fired. */
class Limit implements Disposable {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(after: AbortSignal, ms: number) {
    const start = (): void => {
      this.#timer = setTimeout(() => this.#controller.abort(), ms).unref()
    }
    if (after.aborted) start()
    else after.addEventListener('abort', start, { once: true, signal: this.#controller.signal })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#controller.abort()
  }
}

/**
 * Fires when a machine at a place has run for longer than it may, by this host's clock and from when the place first spoke of it: one that does
 * not end its task by itself would have the gateway, and the key behind it, for ever.
 */
class Overtime implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(record: TaskRecord, ms: number) {
    this.#timer = setInterval(() => {
      const { machineStartedAt } = record.task
      if (machineStartedAt === null || Date.now() - Date.parse(machineStartedAt) < ms) return
      clearInterval(this.#timer)
      this.#controller.abort(
        new AppError('timed-out', 'The task ran into its time limit, and its place did not end it'),
      )
    }, overtimeLookMs).unref()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

const overtimeLookMs = 1_000

/** Ends a keeper that has nothing of the task. One that is out of reach leaves by itself. */
async function endJob(engine: Engine, { seat }: TaskPlace, { stopMs }: Patience): Promise<void> {
  await engine.cancel(seat, AbortSignal.timeout(stopMs)).catch(() => undefined)
}

async function oneTurn(
  run: PlacedRun,
  {
    engine,
    place,
    gateway,
    stopping,
    wish,
    enough,
  }: Pick<Following, 'engine' | 'place'> & {
    readonly gateway: GatewayOnDemand
    readonly stopping: AbortSignal
    readonly wish: StopWish
    readonly enough: AbortSignal
  },
): Promise<Turn> {
  const { context, record, detach, stop, provide } = run
  const { seat } = place
  const { repoPath, base, environment } = record.task
  if (stop.aborted && record.task.state.phase === 'queued') return { kind: 'not-given' }
  try {
    // A wish to end it is no reason to wait for a place that does not answer.
    await engine.submit({ seat }, stopping.aborted ? detach : AbortSignal.any([detach, stopping]))
  } catch (error) {
    if (detach.aborted) return { kind: 'gone', why: 'this host ends', wasThere: false }
    if (stopping.aborted) return { kind: 'gone', why: toFailure(error).message, wasThere: false }
    return { kind: 'out-of-reach', why: toFailure(error).message }
  }
  return await visit({
    ...{ engine, record, seat, stop: stopping, leave: AbortSignal.any([detach, enough]) },
    repository: repositoryName(seat.slice(0, 16), repoPath),
    gateway: await gateway.get(),
    start: () => portableStart({ repoPath, base, needsFlake: environment === undefined }, detach),
    assign: async () => await placedAssignment(record.task, context, await provide()),
    takeEnd: async (end) => {
      await wish.settled()
      await takeEnd(run, end)
    },
    stopReason: () => record.task.stopReason ?? toFailure(stopping.reason, 'cancelled'),
  })
}

/** A gateway of this host for the guest, once it is needed and from then on. */
class GatewayOnDemand implements AsyncDisposable {
  readonly #run: PlacedRun
  #gateway: HomeGateway | undefined

  constructor(run: PlacedRun) {
    this.#run = run
  }

  /** Undefined where the guest is given none. @throws what says why it cannot be given what it needs. */
  async get(): Promise<HomeGateway | undefined> {
    if (this.#gateway) return this.#gateway
    const { context, record, provide, detach } = this.#run
    const { gateway: config } = await provide().catch((error: unknown) => {
      // Its guest asks in vain meanwhile, and the task goes on.
      if (record.task.machineStartedAt !== null) return { gateway: undefined }
      throw error
    })
    if (!config) return undefined
    const { id } = record.task
    this.#gateway = await startHomeGateway({ home: context.home, id, config, logPath: record.files.network }, detach)
    return this.#gateway
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]()
  }
}

/** Resolves when a wish that has come is on record. */
interface StopWish {
  settled(): Promise<void>
}

/** Puts the wish to end the task on record as soon as it comes: the place hears of it when it is reached. */
function recordStop(record: TaskRecord, stop: AbortSignal): StopWish {
  let recorded: Promise<unknown> = Promise.resolve()
  const wish = (): void => {
    const { state, stopReason } = record.task
    if (stopReason !== null || !('slot' in state) || state.phase === 'merging' || state.phase === 'finished') return
    recorded = record
      .add({ type: 'stop-requested', reason: toFailure(stop.reason, 'cancelled') })
      .catch(() => undefined) // It ended at this moment.
  }
  if (stop.aborted) wish()
  else stop.addEventListener('abort', wish, { once: true })
  return { settled: async () => void (await recorded) }
}

/** All of it is on our disk: from now on the end is ours to conclude. */
async function takeEnd({ record, context }: PlacedRun, end: PlacedEnd): Promise<void> {
  if (end.kind === 'failed') {
    const { stopReason } = record.task
    return await endTask(record, stopReason ?? withSeat(ownWords(end.failure), record.task))
  }
  if (end.stopReason && record.task.stopReason === null)
    await record.add({ type: 'stop-requested', reason: ownWords(end.stopReason) })
  await record.add({ type: 'machine-exited', exit: plainExit(end.exit) })
  await showInWorkTree(record.task, context)
}

const plainExit = (exit: MachineExit): MachineExit =>
  'detail' in exit ? { ...exit, detail: singleLineText(exit.detail) } : exit

/** Nothing more comes home of the task: told once, and what has come is kept. */
async function giveUp({ record, stop }: PlacedRun, why: string): Promise<'finished' | 'home'> {
  const { state, stopReason } = record.task
  // A wish that came before the task was placed is on no record.
  const wish = stopReason ?? (stop.aborted ? toFailure(stop.reason, 'cancelled') : null)
  const failure: Failure = wish ?? withSeat({ code: 'interrupted', message: why }, record.task)
  if (!('slot' in state)) {
    await endTask(record, failure)
    return 'finished'
  }
  if (stopReason === null) await record.add({ type: 'stop-requested', reason: failure })
  else await addNote(record, `${why}. Its guest may work on there until its time is over. ${leftIn(record.task)}`)
  await takeCheckpoint(record.files).catch(() => undefined) // What of it cannot be had is lost with the rest.
  await record.add({ type: 'machine-exited', exit: { kind: 'crashed', exitCode: null, signal: null, detail: why } })
  return 'home'
}

/** Where to look for what a task may have left that did not come home. */
const withSeat = (failure: Failure, task: Task): Failure =>
  task.machineStartedAt === null ? failure : { ...failure, hint: leftIn(task) }

const leftIn = ({ place }: Task): string => (place ? `What it left there is in ${seatOf(place)}` : '')

/** As any task of this host. One that ran into a usage limit has nothing here to go on with. */
async function conclude({ context, record, provide }: PlacedRun): Promise<RunEnd> {
  const secret = await provide().then(
    ({ key, gateway }) => gateway?.api?.credential?.key ?? key.value,
    () => '', // No key is needed to conclude a task.
  )
  const log = context.log.with({ taskId: record.task.id })
  return await finishTask({ ...context, onUsageLimit: 'fail' }, record, secret, log)
}

const awayNote = ({ name }: TaskPlace): string =>
  `The place ${name} was out of reach for a while; the task goes on there, and comes home when it is back`
