import { toFailure } from '../core/failure.ts'
import { startOf } from '../core/task/task-base.ts'
import type { TaskPlace } from '../core/task/task-place.ts'
import { unreachable } from '../core/unreachable.ts'
import { portableStart } from '../git/clone/portable-start.ts'
import type { Log } from '../lib/log.ts'
import { isShortage } from '../lib/shortage.ts'
import { endTask } from '../tasks/finish/end-task.ts'
import { finishTask } from '../tasks/finish/finish-task.ts'
import { wholeWork } from '../tasks/record/brought-work.ts'
import { acceptedCaps, addNote, type PlacedRun, type RunEnd } from '../tasks/run/task-run.ts'
import { placedAssignment, repositoryName } from './assignment.ts'
import type { Engine } from './engine.ts'
import { GatewayOnDemand } from './follow/gateway-on-demand.ts'
import { Limit } from './follow/limit.ts'
import { Overtime } from './follow/overtime.ts'
import type { Patience } from './follow/patience.ts'
import { Reach, type Turn } from './follow/reach.ts'
import { recordStop, type StopWish } from './follow/stop-wish.ts'
import { giveUp, takeEnd } from './follow/take-end.ts'
import type { VisitedPlaces } from './follow/visited.ts'
import { release } from './release.ts'
import { visit } from './visit.ts'

/**
 * Takes a task at a place from wherever it is there to its recorded outcome here, whatever becomes of this process, the connection or the other
 * host meanwhile: each time it asks for a keeper, which is found where there is one, and goes on with what that says. Never rejects but for a record
 * that cannot be written.
 */
export async function runAtPlace(
  run: PlacedRun,
  engine: Engine,
  patience: Patience,
  visited: VisitedPlaces,
): Promise<RunEnd> {
  const { context, record } = run
  const { place } = record.task
  if (!place) throw new Error(`Task ${record.task.id} has no place`)
  if (record.task.state.phase === 'parked') {
    await record.add({ type: 'placed', node: record.task.node ?? place.name })
  }
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
    end = await follow(run, { engine, place, patience, visited, log })
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
  readonly visited: VisitedPlaces
  readonly log: Log
}

/** @returns `home` when all that there is of the task is on our disk, and its machine's end on record. */
async function follow(
  run: PlacedRun,
  { engine, place, patience, visited, log }: Following,
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
    const turn = await oneTurn(run, { engine, place, visited, gateway, stopping, wish, enough: enough.signal })
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

const describe = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/** Ends a keeper that has nothing of the task. One that is out of reach leaves by itself. */
async function endJob(engine: Engine, { seat }: TaskPlace, { stopMs }: Patience): Promise<void> {
  await engine.cancel(seat, AbortSignal.timeout(stopMs)).catch(() => undefined)
}

async function oneTurn(
  run: PlacedRun,
  {
    engine,
    place,
    visited,
    gateway,
    stopping,
    wish,
    enough,
  }: Pick<Following, 'engine' | 'place' | 'visited'> & {
    readonly gateway: GatewayOnDemand
    readonly stopping: AbortSignal
    readonly wish: StopWish
    readonly enough: AbortSignal
  },
): Promise<Turn> {
  const { context, record, detach, stop, provide } = run
  const { seat } = place
  const { repoPath, environment } = record.task
  const base = startOf(record.task)
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

const awayNote = ({ name }: TaskPlace): string =>
  `The place ${name} was out of reach for a while; the task goes on there, and comes home when it is back`
