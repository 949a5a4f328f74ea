import { AppError, toFailure } from '../core/failure.ts'
import type { Task } from '../core/task/task.ts'
import { startOf } from '../core/task/task-base.ts'
import { homeKeyOf, type Standing, type TaskPlace } from '../core/task/task-place.ts'
import { unreachable } from '../core/unreachable.ts'
import { portableStart } from '../git/clone/portable-start.ts'
import type { Log } from '../lib/log.ts'
import { orAborted } from '../lib/or-aborted.ts'
import { isShortage } from '../lib/shortage.ts'
import { endTask } from '../tasks/finish/end-task.ts'
import { finishTask } from '../tasks/finish/finish-task.ts'
import { wholeWork } from '../tasks/record/brought-work.ts'
import type { TaskRecord } from '../tasks/record/task-record.ts'
import { acceptedCaps, addNote, type PlacedRun, type RunEnd } from '../tasks/run/task-run.ts'
import { placedAssignment, repositoryName } from './assignment.ts'
import type { Engine, Job } from './engine.ts'
import { GatewayOnDemand } from './follow/gateway-on-demand.ts'
import { Limit } from './follow/limit.ts'
import { Overtime } from './follow/overtime.ts'
import type { Patience } from './follow/patience.ts'
import { Reach, type Turn } from './follow/reach.ts'
import { gatewayThere } from './follow/send-gateway.ts'
import { recordStop, type StopWish } from './follow/stop-wish.ts'
import { giveUp, takeEnd } from './follow/take-end.ts'
import type { VisitedPlaces } from './follow/visited.ts'
import { haveKeeper } from './jobs/have-keeper.ts'
import type { JobWatch } from './jobs/job-watch.ts'
import { release } from './release.ts'
import { visit } from './visit.ts'

/** What a task at a place is followed with. */
export interface Following {
  readonly engine: Engine
  readonly watch: JobWatch
  readonly patience: Patience
  readonly visited: VisitedPlaces
  /** The node that ran a task of the repository last. */
  readonly near: string | null
  /** Told how the task stands there, as it changes. */
  readonly onStanding: (standing: Standing) => void
}

/**
 * Takes a task at a place from wherever it is there to its recorded outcome here, whatever becomes of this process, the connection or the other
 * host meanwhile: each time it asks for a keeper, which is found where there is one, and goes on with what that says. Never rejects but for a record
 * that cannot be written.
 */
export async function runAtPlace(run: PlacedRun, following: Following): Promise<RunEnd> {
  const { engine, patience } = following
  const { context, record } = run
  const { place } = record.task
  if (!place) throw new Error(`Task ${record.task.id} has no place`)
  if (record.task.state.phase === 'parked') {
    await record.add({ type: 'placed', node: record.task.node ?? place.name })
  }
  if (record.task.exit) {
    // All of it came home before this process began; whether the place heard of that is not known.
    const job = jobOf(record.task, context, { at: record.task.node, near: null })
    const released = release(engine, job, AbortSignal.timeout(patience.stopMs))
    const end = await conclude(run)
    await released
    return end
  }
  const log = context.log.with({ taskId: record.task.id, place: place.name })
  let end: 'left' | 'finished' | 'home'
  try {
    end = await follow(run, { ...following, place, log })
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

interface Followed extends Following {
  readonly place: TaskPlace
  readonly log: Log
}

interface Turning extends Followed {
  readonly gateway: GatewayOnDemand
  readonly stopping: AbortSignal
  readonly wish: StopWish
  /** Fires when the place has had its time to end the task. */
  readonly enough: AbortSignal
  readonly reach: Reach
}

/** @returns `home` when all that there is of the task is on our disk, and its machine's end on record. */
async function follow(run: PlacedRun, followed: Followed): Promise<'left' | 'finished' | 'home'> {
  const { patience, log } = followed
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
    const turning = { ...followed, gateway, stopping, wish, enough: enough.signal, reach }
    const begunAt = performance.now()
    const turn = await oneTurn(run, turning)
    if (detach.aborted) break
    log.info('a visit ended', { kind: turn.kind, ...('why' in turn && { why: turn.why }) })
    reach.met(turn, begunAt)
    const end = await afterTurn(run, turning, turn)
    if (end !== 'again') return end
    await reach.pause(stopping.aborted ? [detach] : [detach, stopping])
  }
  return 'left' // Its machine goes on; the next start attaches again.
}

/** What has come of the task by a turn: its end, or `again`. */
async function afterTurn(run: PlacedRun, turning: Turning, turn: Turn): Promise<'finished' | 'home' | 'again'> {
  const { record } = run
  const { engine, place, patience, stopping } = turning
  switch (turn.kind) {
    case 'done':
      if (turn.end.kind !== 'ran') return 'finished'
      if (engine.hasQueue && record.task.stopReason?.code === 'interrupted') await noteEnd(record, turning)
      return 'home'
    case 'lost':
      return await abandon(run, turning, `The place ${place.name} has nothing more of the task`)
    case 'not-given':
      await endTask(record, toFailure(stopping.reason, 'cancelled'))
      await endJob(engine, place, patience)
      return 'finished'
    case 'refused':
      if (record.task.node !== null) return await abandon(run, turning, turn.failure.message)
      await endTask(record, turn.failure)
      await endJob(engine, place, patience)
      return 'finished'
    case 'broken':
      return await abandon(run, turning, `What answers at the place ${place.name} breaks the protocol: ${turn.why}`)
    case 'gone':
    case 'out-of-reach':
      return await afterSilence(run, turning, turn)
    default:
      return unreachable(turn)
  }
}

/** It is tried again until it was away for too long. */
async function afterSilence(
  run: PlacedRun,
  turning: Turning,
  turn: Extract<Turn, { kind: 'gone' | 'out-of-reach' }>,
): Promise<'finished' | 'home' | 'again'> {
  const { engine, place, patience, stopping, reach, enough, onStanding } = turning
  const why = reach.isLost(stopping.aborted)
    ? `was out of reach for ${describe(reach.awayMs)}: ${turn.why}`
    : enough.aborted
      ? `did not end the task within ${describe(patience.endMs)}`
      : null
  if (why !== null) return await abandon(run, turning, `The place ${place.name} ${why}`)
  if (turn.kind === 'gone') return 'again'
  onStanding({ kind: 'away', why: turn.why })
  // A queue that cannot be asked for a while keeps nothing of a task that has not begun.
  if (run.record.task.node !== null || !engine.hasQueue) await addNote(run.record, awayNote(place))
  return 'again'
}

/** What the keeper of a job heard was a signal: why it came, its engine says a moment later. */
async function noteEnd(record: TaskRecord, { watch, place }: Pick<Followed, 'watch' | 'place'>): Promise<void> {
  const signal = AbortSignal.timeout(endWordsMs)
  try {
    for (;;) {
      const state = (await watch.look(signal)).get(place.seat)
      if (state?.kind === 'ended') {
        // One that was cut off is on record since the next one was submitted, which brought the work.
        if (state.end !== 'done')
          await addNote(record, `The place ${place.name} ended the job of the task: ${state.how}`)
        return
      }
      if (state === undefined) return
      await orAborted(watch.tick('soon'), signal)
    }
  } catch {
    // The task has its end without these words.
  }
}

const endWordsMs = 30_000

/** An engine with a queue ends a job also where its keeper is out of reach, and has none wait for nothing. */
async function abandon(
  run: PlacedRun,
  { engine, place, patience }: Pick<Followed, 'engine' | 'place' | 'patience'>,
  why: string,
): Promise<'finished' | 'home'> {
  const end = await giveUp(run, why)
  if (engine.hasQueue) await endJob(engine, place, patience)
  return end
}

/** Ends a keeper that has nothing of the task. One that is out of reach leaves by itself. */
async function endJob(engine: Engine, { seat }: TaskPlace, { stopMs }: Patience): Promise<void> {
  await engine.cancel(seat, AbortSignal.timeout(stopMs)).catch(() => undefined)
}

async function oneTurn(
  run: PlacedRun,
  { engine, watch, place, patience, visited, near, onStanding, gateway, stopping, wish, enough, reach }: Turning,
): Promise<Turn> {
  const { context, record, detach, stop, provide } = run
  const { seat } = place
  const { repoPath, environment } = record.task
  const base = startOf(record.task)
  if (stop.aborted && record.task.state.phase === 'queued') return { kind: 'not-given' }
  try {
    // A wish to end it is no reason to wait for a place that does not answer, or for a job that begins.
    const ends = stopping.aborted ? AbortSignal.timeout(patience.stopMs) : stopping
    const { node } = record.task
    const waits = (why: string | null): void => {
      if (why === null) return
      // A place that has room for no job is not lost. One whose node does not come back is.
      if (node === null) reach.heard()
      onStanding({ kind: 'waits', why })
    }
    const job = jobOf(record.task, context, { at: node, near })
    const ended = (how: string) => addNote(record, endedNote(place, how))
    const keeper = { engine, watch, job, place: place.name, hasBegun: node !== null, waits, ended }
    await haveKeeper(keeper, AbortSignal.any([detach, ends]))
  } catch (error) {
    if (detach.aborted) return { kind: 'gone', why: 'this host ends', wasThere: false }
    if (stopping.aborted) return { kind: 'gone', why: toFailure(error).message, wasThere: false }
    if (error instanceof AppError && error.code !== 'place-unreachable')
      return { kind: 'refused', failure: toFailure(error) }
    return { kind: 'out-of-reach', why: toFailure(error).message }
  }
  return await visit({
    ...{
      engine,
      record,
      events: context.events,
      lines: context.lines,
      visited,
      seat,
      stop: stopping,
      leave: AbortSignal.any([detach, enough]),
    },
    repository: repositoryName(homeKeyOf(place), repoPath),
    gateway: await gateway.get(),
    gatewayThere: gatewayThere(place, provide),
    keyMs: patience.keyMs,
    onStanding,
    start: () => portableStart({ repoPath, base, needsFlake: environment === undefined }, detach),
    assign: async () => await placedAssignment(record.task, context, await provide()),
    takeEnd: async (end) => {
      await wish.settled()
      await takeEnd(run, end)
    },
    stopReason: () => record.task.stopReason ?? toFailure(stopping.reason, 'cancelled'),
  })
}

/** As any task of this host. One of which a part stayed at its place does not go on by itself. */
async function conclude({ context, record, provide }: PlacedRun): Promise<RunEnd> {
  const secret = await provide().then(
    ({ key, gateway }) => gateway?.api?.credential?.key ?? key.value,
    () => '', // No key is needed to conclude a task.
  )
  const log = context.log.with({ taskId: record.task.id })
  const isWhole = await wholeWork(record.files)
  return await finishTask({ ...context, ...(!isWhole && { onUsageLimit: 'fail' }) }, record, secret, log)
}

const describe = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/** What QEMU, its helpers and the keeper take beside the guest. */
const besideGuestMiB = 512
/** For the clone, the boot, and saving the work. */
const besideTaskMinutes = 10

function jobOf({ place, caps }: Task, { limits }: PlacedRun['context'], { at, near }: Pick<Job, 'at' | 'near'>): Job {
  const { timeoutMs } = caps ?? acceptedCaps(limits, {})
  return {
    seat: place?.seat ?? '',
    memoryMiB: limits.memoryMiB + besideGuestMiB,
    cpus: limits.cpus,
    minutes: Math.ceil((timeoutMs + limits.bootTimeoutMs) / 60_000) + besideTaskMinutes,
    ...{ at, near },
  }
}

const endedNote = ({ name }: TaskPlace, how: string): string =>
  `The place ${name} ended the job of the task: ${how}. What it had is fetched by another job`

const awayNote = ({ name }: TaskPlace): string =>
  `The place ${name} was out of reach for a while; the task goes on there, and comes home when it is back`
