import { errorOf } from '../../core/failure.ts'
import type { Task } from '../../core/task/task.ts'
import type { TaskPlace } from '../../core/task/task-place.ts'
import { keptAtPlace } from '../../tasks/finish/salvage-task.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import type { BroughtWork, ToldWork } from '../../tasks/record/told-work-schema.ts'
import { BroughtFiles } from '../brought-files.ts'
import type { Engine, Job } from '../engine.ts'
import { haveKeeper } from '../jobs/have-keeper.ts'
import type { JobWatch } from '../jobs/job-watch.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { channels, type PlacedEnd, protocolVersion, type ToHome, type ToNode } from '../protocol.ts'
import { ownWords } from './apply-status.ts'
import { openKeeperLink } from './keeper-link.ts'
import { otherVersion } from './other-version.ts'
import type { Patience } from './patience.ts'

export interface RestWish {
  readonly engine: Engine
  readonly watch: JobWatch
  readonly patience: Patience
  readonly task: Task
  readonly place: TaskPlace
  /** Imports the work from a pack of it; once that has resolved, the place may delete what it has. */
  readonly keep: (saved: ToldWork, pack: string) => Promise<void>
}

/** What a job needs that only saves and tells work. */
const restJob = { memoryMiB: 1024, cpus: 1, minutes: 60 } as const

/**
 * Asks the place of a task that has ended once more for its work: a place was out of reach when the task was given up, or could not save the work then. A guest
 * that is still at work there is stopped. Of what else came of the task meanwhile nothing is taken.
 * @returns whether the place had it; false where its seat is gone.
 * @throws AppError('place-unreachable') when it cannot be asked in time, the place's own reason when it cannot save the work now either, and what `keep` throws.
 */
export async function bringRest(wish: RestWish, signal: AbortSignal): Promise<boolean> {
  const { engine, watch, patience, task, place } = wish
  const job: Job = { seat: place.seat, ...restJob, at: task.node, near: null }
  const keeper = {
    engine,
    watch,
    job,
    place: place.name,
    hasBegun: true,
    waits: () => undefined,
    ended: async () => undefined,
  }
  const inTime = AbortSignal.timeout(patience.stopMs)
  try {
    await haveKeeper(keeper, AbortSignal.any([signal, inTime]))
  } catch (error) {
    if (inTime.aborted) throw unreachablePlace(place, 'it did not answer in time, or has no room at the moment')
    throw error
  }
  await using files = new AsyncDisposableStack()
  const { brought } = await BroughtFiles.open(filesOf(task))
  files.use(brought)
  return await new RestVisit(wish, brought).end(signal)
}

/** One connection to the keeper of a task that has ended here. */
class RestVisit {
  readonly #wish: RestWish
  readonly #brought: BroughtFiles
  readonly #ended = Promise.withResolvers<boolean>()
  #isTaking = false
  #isTaken = false

  constructor(wish: RestWish, brought: BroughtFiles) {
    this.#wish = wish
    this.#brought = brought
  }

  async end(signal: AbortSignal): Promise<boolean> {
    const { engine, place, patience } = this.#wish
    const keeper = openKeeperLink(engine, place.seat, {
      onMessage: (message) => this.#hear(message, (answer) => link.send(answer)),
      onBytes: async (channel, bytes) => {
        if (channel === channels.work || channel === channels.session) await this.#brought.take(channel, bytes)
      },
    })
    const { link } = keeper
    const noHello = setTimeout(() => !keeper.wasThere && link.close('the keeper did not answer'), patience.stopMs)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patience.endMs)])
    const onAbort = (): void => link.close('it took too long')
    limit.addEventListener('abort', onAbort, { once: true })
    try {
      link.send({ type: 'follow', protocol: protocolVersion, console: 0, stream: 0 })
      const gone = link.over.then(({ why }) => {
        // What has come whole is imported to its end, whatever becomes of the connection.
        if (this.#isTaking) return this.#ended.promise
        throw unreachablePlace(place, keeper.lastWords() || why)
      })
      return await Promise.race([this.#ended.promise, gone])
    } finally {
      clearTimeout(noHello)
      limit.removeEventListener('abort', onAbort)
      await keeper.end(this.#isTaken)
    }
  }

  async #hear(message: ToHome, say: (answer: ToNode) => void): Promise<void> {
    switch (message.type) {
      case 'hello':
        return this.#greeted(message, say)
      case 'dial':
        return say({ type: 'end', channel: message.channel })
      case 'checkpoint':
        return await this.#brought.checkpoint(message.commit)
      case 'done':
        return await this.#take(message.end, say)
      default: // Of a task that has ended here nothing else is wanted.
    }
  }

  #greeted({ protocol, seat, run }: Extract<ToHome, { type: 'hello' }>, say: (answer: ToNode) => void): void {
    const { task, place } = this.#wish
    if (protocol !== protocolVersion) this.#ended.reject(otherVersion(place, protocol))
    else if (seat === 'empty' || run < task.parkings.length) this.#ended.resolve(false)
    else say({ type: 'stop', reason: { code: 'interrupted', message: 'The task has ended at home' } })
  }

  async #take(end: PlacedEnd, say: (answer: ToNode) => void): Promise<void> {
    this.#isTaking = true
    try {
      const work: BroughtWork = end.kind === 'ran' ? end.work : { lost: end.failure }
      if ('lost' in work) throw errorOf(keptAtPlace(ownWords(work.lost), this.#wish.task))
      await this.#brought.rest(work, this.#wish.keep)
      this.#isTaken = true
      say({ type: 'taken' })
      this.#ended.resolve(true)
    } catch (error) {
      this.#ended.reject(error)
    }
  }
}
