import { toFailure } from '../../core/failure.ts'
import { carsAhead, type Landing, type LandingState } from '../../core/landing/landing.ts'
import { type Checked, type LandingAct, type LandingPlan, nextActs } from '../../core/landing/next-acts.ts'
import { type LandingCheck, succeeded, whyNot } from '../../core/merge/check-report.ts'
import type { MergeOutcome } from '../../core/merge/merge.ts'
import type { SlotId, TaskId } from '../../core/task/task.ts'
import { unreachable } from '../../core/unreachable.ts'
import { branchTip } from '../../git/repository/branch-tip.ts'
import { resolveRevision } from '../../git/repository/resolve-revision.ts'
import type { Log } from '../../lib/log.ts'
import type { Car, CheckEnd } from './car.ts'
import { CheckEnds } from './check-ends.ts'
import type { RanCheck } from './check-machines.ts'
import { type CheckedTrees, checkKey } from './checked-trees.ts'
import { LandingLeft } from './wish.ts'

export interface LandingQueueOptions {
  readonly repoPath: string
  readonly branch: string
  /** Read at each decision: the user may change it. */
  readonly landing: () => Promise<Landing>
  /**
   * Runs the check of the car's work at a commit in a machine. @throws when that cannot be done, or the signal fires.
   * @param spare the slot of a car that waits behind this one, and lends it until the check is over; null where none has one to spare.
   */
  readonly check: (car: Car, commit: string, spare: () => SlotId | null, signal: AbortSignal) => Promise<RanCheck>
  readonly checked: CheckedTrees
  /** Fires when the orchestrator ends. */
  readonly closing: AbortSignal
  /** Called when `stateOf` the task has another answer. */
  readonly onState: (id: TaskId) => void
  readonly log: Log
}

interface Running {
  readonly key: string
  readonly below: number
  readonly stop: AbortController
  readonly over: Promise<void>
}

/** How often work is checked anew because somebody else moved the branch meanwhile. */
const mostMissed = 5

/**
 * What waits for one branch, in the order of arrival. Carries out what `nextActs` decides: nothing but that moves the branch here. All of it
 * is in memory. After a restart the tasks come again, and what was checked is known by its files.
 */
export class LandingQueue {
  readonly #options: LandingQueueOptions
  #queue: readonly Car[] = []
  readonly #running = new Map<TaskId, Running>()
  /** By the task whose slot it is, the task that is checked there. */
  readonly #lent = new Map<TaskId, TaskId>()
  readonly #ends = new CheckEnds()
  #driving: Promise<void> | undefined
  #changed = Promise.withResolvers<void>()
  #states: ReadonlyMap<TaskId, LandingState> = new Map()

  constructor(options: LandingQueueOptions) {
    this.#options = options
    options.closing.addEventListener('abort', () => this.#changed.resolve(), { once: true })
  }

  /** Resolves when nothing waits any more, and no check runs. */
  async over(): Promise<void> {
    await this.#driving
  }

  stateOf(id: TaskId): LandingState | null {
    return this.#states.get(id) ?? null
  }

  ids(): readonly TaskId[] {
    return [...this.#states.keys()]
  }

  add(car: Car): void {
    this.#ends.add(car)
    this.#queue = [...this.#queue, car]
    this.#changed.resolve()
    this.#go()
  }

  /** Has the work of a task leave, unless its branch is being moved to it just now: the outcome tells. Null for a task that does not wait. */
  withdraw(id: TaskId): Promise<MergeOutcome> | null {
    const car = this.#queue.find((each) => each.id === id)
    if (!car) return null
    car.isWithdrawn = true
    this.#changed.resolve()
    return car.outcome
  }

  /** One that came as the last one left has it begin again. */
  #go(): void {
    if (this.#queue.length === 0) return
    this.#driving ??= this.#drive().finally(() => {
      this.#driving = undefined
      this.#go()
    })
  }

  async #drive(): Promise<void> {
    const { closing, log, branch } = this.#options
    while (this.#queue.length > 0 && !closing.aborted) {
      this.#changed = Promise.withResolvers()
      try {
        const tip = await this.#tip()
        const plan = await this.#plan(tip)
        const next = await this.#begin(plan)
        if (next?.kind !== 'withdraw') this.#tellStates(plan) // Of the others nothing was looked at.
        if (next) await this.#carryOut(next, tip)
        else if (!closing.aborted) await this.#changed.promise
      } catch (error) {
        // Not of a task's making: whoever is next hears of it, and the others go on.
        log.error('work could not be brought onto its branch', { branch, reason: String(error) })
        const [first] = this.#queue
        if (first) await this.#take(first, () => first.refuse('fetch_failed', toFailure(error, 'merge-failed').message))
      }
    }
    for (const { stop } of this.#running.values()) stop.abort(new LandingLeft())
    await Promise.all([...this.#running.values()].map(({ over }) => over))
    this.#ends.clear()
    if (closing.aborted) {
      for (const car of this.#queue) car.abandon(new LandingLeft())
      this.#queue = []
    }
    this.#tellStates()
  }

  /** One that is gone stands for itself: what is put onto it learns that there is none. */
  async #tip(): Promise<string> {
    const { repoPath, branch } = this.#options
    return (await branchTip(repoPath, branch)) ?? 'gone'
  }

  async #plan(tip: string): Promise<LandingPlan> {
    const byId = new Map<string, Car>(this.#queue.map((car) => [car.id, car]))
    return nextActs({
      tip,
      queue: [...byId.keys()],
      ahead: carsAhead[await this.#options.landing()],
      prepared: (id, onto) => byId.get(id)?.prepared(onto),
      checked: (id, tree) => {
        const car = byId.get(id)
        return car && this.#checked(car, tree)
      },
      withdrawn: (id) => byId.get(id)?.isWithdrawn === true,
    })
  }

  #checked(car: Car, tree: string): Checked | undefined {
    if (car.isAsMade(tree)) return 'green'
    const end = this.#endOf(car, tree)
    if (end) return end.kind === 'broken' ? 'broken' : succeeded(end.report) ? 'green' : 'red'
    const key = keyOf(car, tree)
    return [...this.#running.values()].some((running) => running.key === key) ? 'running' : undefined
  }

  #endOf(car: Car, tree: string): CheckEnd | undefined {
    if (car.check.kind === 'unknown') return { kind: 'broken', failure: car.check.failure }
    return this.#ends.find(car, checkKey(tree, car.check.rules))
  }

  /** Ends checks that are of no use any more and starts those that are. Answers what else is to be done first, if anything. */
  async #begin({ acts, wanted, isComplete }: LandingPlan): Promise<Exclude<LandingAct, { kind: 'check' }> | undefined> {
    if (isComplete) {
      const keys = new Set(this.#queue.map((car) => keyOf(car, wanted.get(car.id)?.tree)))
      await stopAll([...this.#running.values()].filter(({ key }) => !keys.has(key)))
    }
    for (const act of acts) {
      const car = this.#queue.find(({ id }) => id === act.id)
      // A task has one machine at a time: what ended just now makes room for the next look.
      if (act.kind === 'check' && car && !this.#running.has(car.id) && !this.#lent.has(car.id))
        this.#startCheck(car, act, wanted.get(car.id)?.below ?? 0)
    }
    return acts.find((act) => act.kind !== 'check')
  }

  #startCheck(car: Car, { commit, tree }: Extract<LandingAct, { kind: 'check' }>, below: number): void {
    if (car.check.kind === 'unknown') return
    const { rules, terms } = car.check
    const key = checkKey(tree, rules)
    const stop = new AbortController()
    const keep = this.#ends.begin(car, key)
    const over = this.#check(car, { key, commit, image: terms.image }, stop.signal).then((end) => {
      this.#running.delete(car.id)
      for (const [owner, borrower] of this.#lent) if (borrower === car.id) this.#lent.delete(owner)
      if (end) keep(end)
      this.#changed.resolve()
    })
    this.#running.set(car.id, { key, below, stop, over })
  }

  /** Undefined when it was stopped. Never rejects. */
  async #check(
    car: Car,
    { key, commit, image }: { readonly key: string; readonly commit: string; readonly image: string },
    signal: AbortSignal,
  ): Promise<CheckEnd | undefined> {
    const { checked, check } = this.#options
    try {
      const known = await checked.find(key)
      if (known && (succeeded(known) || car.wish.believesFailures))
        return { kind: 'report', report: known, image, isKnown: true }
      const ran = await check(car, commit, () => this.#borrow(car), signal)
      // The user may have chosen another image while it waited for its slot.
      if (ran.image === image) {
        await checked.keep(key, ran.report).catch((error: unknown) => {
          this.#options.log.warn('what a check came to could not be kept', { reason: String(error) })
        })
      }
      return { kind: 'report', ...ran, isKnown: false }
    } catch (error) {
      return signal.aborted ? undefined : { kind: 'broken', failure: toFailure(error, 'guest-failed') }
    }
  }

  /** Only one behind it, which leaves, and gives its slot back, before this one does only where its user withdraws it. */
  #borrow(car: Car): SlotId | null {
    const behind = this.#queue.slice(this.#queue.indexOf(car) + 1)
    const lender = behind.find(
      ({ id, wish, isWithdrawn }) =>
        wish.slot !== null && !isWithdrawn && !this.#running.has(id) && !this.#lent.has(id),
    )
    if (!lender) return null
    this.#lent.set(lender.id, car.id)
    return lender.wish.slot
  }

  async #carryOut(act: Exclude<LandingAct, { kind: 'check' }>, tip: string): Promise<void> {
    const car = this.#queue.find(({ id }) => id === act.id)
    if (!car) return
    switch (act.kind) {
      case 'prepare':
        return await car.prepare(act.onto)
      case 'settle':
        return await this.#take(car, () => car.settle(tip, (merged) => this.#earlierCheck(car, merged)))
      case 'eject':
        return await this.#take(car, () => this.#eject(car, act.tree, tip))
      case 'withdraw':
        return await this.#take(car, () => car.refuse('withdrawn', 'It was taken out of what lands'))
      case 'land': {
        const refused = await car.wish.refused()
        if (refused) return await this.#take(car, () => car.leave(refused))
        await this.#stopCheckOf(car)
        if (car.isWithdrawn) return // The next look takes it out.
        if (await car.land(tip, this.#checkOf(car, act.tree, act.commit))) return this.#forget(car)
        car.missed += 1
        if (car.missed < mostMissed) return
        const detail = `${this.#options.branch} was moved ${mostMissed} times while the work was checked as it would be there`
        return await this.#take(car, () => car.refuse('branch_moved', detail))
      }
      default:
        return unreachable(act)
    }
  }

  /** Null where the task itself had its check on this tree. */
  #checkOf(car: Car, tree: string, commit: string): LandingCheck | null {
    if (car.isAsMade(tree)) return null
    const end = this.#endOf(car, tree)
    if (end?.kind !== 'report') throw new Error('What lands was checked')
    return {
      ...{ command: car.wish.policy.command, commit, ...end.report, image: end.image },
      ...(end.isKnown && { isKnown: true }),
    }
  }

  /** Of what landed before a crash that came before its record. */
  async #earlierCheck(car: Car, commit: string): Promise<LandingCheck | undefined> {
    const { repoPath, checked } = this.#options
    if (car.check.kind === 'unknown') return undefined
    const { rules, terms } = car.check
    const tree = await resolveRevision(repoPath, `${commit}^{tree}`)
    const report = tree === null ? undefined : await checked.find(checkKey(tree, rules))
    return report && { command: car.wish.policy.command, commit, ...report, image: terms.image, isKnown: true }
  }

  async #eject(car: Car, tree: string, tip: string): Promise<void> {
    const { command } = car.wish.policy
    const end = this.#endOf(car, tree)
    const work = car.prepared(tip)
    if (end?.kind === 'report' && work?.kind === 'ready') {
      const detail = `${whyNot(command, end.report)} on the work as it would be on ${car.branch}`
      return await car.refuse('check_failed', detail, this.#checkOf(car, tree, work.commit) ?? undefined)
    }
    const why = end?.kind === 'broken' ? end.failure.message : 'nobody ran it'
    await car.refuse(
      'check_failed',
      `'${command}' could not be run on the work as it would be on ${car.branch}: ${why}`,
    )
  }

  async #take(car: Car, leave: () => Promise<void>): Promise<void> {
    await this.#stopCheckOf(car)
    await leave()
    this.#forget(car)
  }

  /** What leaves gives its slot back: no machine may be in that any more, one on files that are of no use now neither, nor one that it is lent to. */
  async #stopCheckOf({ id }: Car): Promise<void> {
    const ids = [id, this.#lent.get(id)]
    await stopAll(ids.flatMap((each) => (each && this.#running.get(each)) ?? []))
  }

  #forget(car: Car): void {
    this.#queue = this.#queue.filter((other) => other !== car)
  }

  #tellStates(plan?: LandingPlan): void {
    const before = this.#states
    const of = this.#queue.length
    this.#states = new Map(
      this.#queue.map(({ id }, index): [TaskId, LandingState] => {
        const place = { position: index + 1, of }
        const checks = plan?.wanted.get(id)
        return [id, checks ? { kind: 'checks', ...place, ahead: checks.below } : { kind: 'waits', ...place }]
      }),
    )
    for (const id of new Set([...before.keys(), ...this.#states.keys()])) {
      if (JSON.stringify(before.get(id)) !== JSON.stringify(this.#states.get(id))) this.#options.onState(id)
    }
  }
}

async function stopAll(checks: readonly Running[]): Promise<void> {
  for (const { stop } of checks) stop.abort(new Error('What it checks comes onto the branch no more'))
  await Promise.all(checks.map(({ over }) => over))
}

/** Null where its check cannot be run, or there is no tree to be checked. */
const keyOf = ({ check }: Car, tree: string | undefined): string | null =>
  check.kind === 'known' && tree !== undefined ? checkKey(tree, check.rules) : null
