import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, errorOf, toFailure } from '../../core/failure.ts'
import type { Landing, LandingState } from '../../core/landing/landing.ts'
import type { MergeOutcome } from '../../core/merge/merge.ts'
import type { SlotId, TaskId } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import type { Admission } from '../admission/admission.ts'
import type { RegisteredRepository } from '../contract.ts'
import type { SlotLease } from '../slots/slot-pool.ts'
import type { WarmMachines } from '../slots/warm-machines.ts'
import { Car, type CarCheck } from './car.ts'
import type { CheckMachines, RanCheck } from './check-machines.ts'
import { checkTermsOf, rulesOf, type TermsParts } from './check-terms.ts'
import { CheckedTrees } from './checked-trees.ts'
import { LandingQueue } from './landing-queue.ts'
import { type Lander, LandingLeft, type LandingWish } from './wish.ts'

export interface LandingsOptions {
  readonly home: string
  readonly repositories: { list(): Promise<readonly RegisteredRepository[]> }
  /** Asked at each landing: limits may be settings that change. */
  readonly parts: TermsParts
  readonly machines: Pick<CheckMachines, 'run'>
  readonly admission: Pick<Admission, 'admit'>
  readonly warm: Pick<WarmMachines, 'slotIsFree'>
  /** Called when `stateOf` the task has another answer. */
  readonly onState: (id: TaskId) => void
  readonly log: Log
}

/** A slot that its holder gives back. */
const borrowed = (slot: SlotId): SlotLease => ({ slot, [Symbol.dispose]: () => undefined })

/** How long a check waits that has no slot, before it asks for one again. */
const retryMs = 5_000

/** Everything that waits for branches, a queue for each branch of each repository. */
export class Landings implements Lander, AsyncDisposable {
  readonly #options: LandingsOptions
  readonly #checked: CheckedTrees
  readonly #queues = new Map<string, LandingQueue>()
  readonly #closing = new AbortController()

  constructor(options: LandingsOptions) {
    this.#options = options
    this.#checked = new CheckedTrees(options.home)
  }

  /** Null for a task that does not wait. */
  stateOf(id: TaskId): LandingState | null {
    for (const queue of this.#queues.values()) {
      const state = queue.stateOf(id)
      if (state) return state
    }
    return null
  }

  /** The tasks that wait. */
  ids(): readonly TaskId[] {
    return [...this.#queues.values()].flatMap((queue) => queue.ids())
  }

  /** Has the work of a task that waits leave its queue; resolves with what became of it. Null for a task that does not wait. */
  withdraw(id: TaskId): Promise<MergeOutcome> | null {
    for (const queue of this.#queues.values()) {
      const outcome = queue.withdraw(id)
      if (outcome) return outcome
    }
    return null
  }

  async land(wish: LandingWish): Promise<MergeOutcome> {
    const { branch, startCommit, repoPath } = wish.task
    if (startCommit === null) return { kind: 'unchanged', branch }
    if (branch === null) {
      const detail = 'The task started with no branch checked out, so there is none to merge into'
      return { kind: 'unmerged', reason: 'detached_head', files: [], detail }
    }
    const check = await this.#checkOf(wish)
    if (this.#closing.signal.aborted) throw new LandingLeft()
    const car = new Car(wish, { branch, startCommit }, check)
    this.#queueOf(repoPath, branch).add(car)
    return await car.outcome
  }

  /** That it cannot be run keeps off only what has to be checked: work on a branch that did not move lands. */
  async #checkOf({ task, policy }: LandingWish): Promise<CarCheck> {
    try {
      const terms = await checkTermsOf(task, policy, this.#options.parts)
      return { kind: 'known', terms, rules: rulesOf(terms) }
    } catch (error) {
      return { kind: 'unknown', failure: toFailure(error, 'guest-failed') }
    }
  }

  #queueOf(repoPath: string, branch: string): LandingQueue {
    const key = `${repoPath}\0${branch}`
    const known = this.#queues.get(key)
    if (known) return known
    const { log, onState } = this.#options
    const queue = new LandingQueue({
      ...{ repoPath, branch, log, onState, checked: this.#checked, closing: this.#closing.signal },
      landing: () => this.#landingOf(repoPath),
      check: (car, commit, spare, signal) => this.#check(car, commit, spare, signal),
    })
    this.#queues.set(key, queue)
    return queue
  }

  /** One after the other where nobody says otherwise, and where the list cannot be read. */
  async #landingOf(repoPath: string): Promise<Landing> {
    const registered = await this.#options.repositories.list().catch(() => [])
    return registered.find(({ path }) => path === repoPath)?.landing ?? 'direct'
  }

  async #check(
    { wish, check }: Car,
    commit: string,
    spare: () => SlotId | null,
    signal: AbortSignal,
  ): Promise<RanCheck> {
    if (check.kind === 'unknown') throw errorOf(check.failure)
    const { machines, warm } = this.#options
    const { task, policy, slot: own } = wish
    using place = own === null ? await this.#place(task, spare, signal) : borrowed(own)
    const { slot } = place
    return await machines.run(
      {
        ...{ task, commit, slot, timeoutMs: policy.timeoutMs, terms: check.terms },
        slotIsFree: (free) => warm.slotIsFree(free),
      },
      signal,
    )
  }

  /**
   * Waits for a slot with memory for a machine. One of a work that waits behind this one will do as well: where all slots are held by such works,
   * none would come free.
   */
  async #place(
    { repoPath, id }: LandingWish['task'],
    spare: () => SlotId | null,
    signal: AbortSignal,
  ): Promise<SlotLease> {
    for (;;) {
      signal.throwIfAborted()
      const lent = spare()
      if (lent !== null) return borrowed(lent)
      try {
        return await this.#options.admission.admit(repoPath, id)
      } catch (error) {
        if (!(error instanceof AppError && ['slots-busy', 'memory-short'].includes(error.code))) throw error
      }
      await sleep(retryMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Takes no more, and leaves what is not decided to the next start; its machines end. */
  close(): void {
    this.#closing.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await Promise.all([...this.#queues.values()].map((queue) => queue.over()))
  }
}
