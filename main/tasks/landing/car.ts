import { AppError, type Failure, toFailure } from '../../core/failure.ts'
import type { CheckReport, LandingCheck } from '../../core/merge/check-report.ts'
import { landingRef, type MergeOutcome, taskRef, type UnmergedReason } from '../../core/merge/merge.ts'
import { taskTrailers } from '../../core/merge/trailers.ts'
import type { Task } from '../../core/task/task.ts'
import type { PreparedWork } from '../../git/merge/prepare-landing.ts'
import { deleteRef } from '../../git/repository/delete-task-ref.ts'
import { findMerge, landPrepared, prepareLanding } from '../run/ask-worker.ts'
import type { CheckRules, CheckTerms } from './check-terms.ts'
import type { LandingWish } from './wish.ts'

const gitTimeoutMs = 10 * 60_000

/** With what the work of a car is checked, or why it cannot be. */
export type CarCheck =
  | { readonly kind: 'known'; readonly terms: CheckTerms; readonly rules: CheckRules }
  | { readonly kind: 'unknown'; readonly failure: Failure }

/** What the check of a tree came to. */
export type CheckEnd =
  | { readonly kind: 'report'; readonly report: CheckReport; readonly image: string; readonly isKnown: boolean }
  /** It could not be run. */
  | { readonly kind: 'broken'; readonly failure: Failure }

type Ready = Extract<PreparedWork, { kind: 'ready' }>

/** One task's work on its way onto a branch: what it is on top of which commits, and how it comes there. */
export class Car {
  readonly wish: LandingWish
  readonly branch: string
  readonly check: CarCheck
  readonly outcome: Promise<MergeOutcome>
  /** How often the branch was elsewhere when this was about to land. */
  missed = 0
  /** Its user does not want it to land any more. */
  isWithdrawn = false
  readonly #startCommit: string
  readonly #settle: PromiseWithResolvers<MergeOutcome>
  readonly #prepared = new Map<string, PreparedWork>()

  constructor(wish: LandingWish, place: { readonly branch: string; readonly startCommit: string }, check: CarCheck) {
    this.wish = wish
    this.branch = place.branch
    this.#startCommit = place.startCommit
    this.check = check
    this.#settle = Promise.withResolvers()
    this.outcome = this.#settle.promise
  }

  get id(): Task['id'] {
    return this.wish.task.id
  }

  prepared(onto: string): PreparedWork | undefined {
    return this.#prepared.get(onto)
  }

  /** Whether the task itself had its check on this tree. */
  isAsMade(tree: string): boolean {
    return [...this.#prepared.values()].some((work) => work.kind === 'ready' && work.tree === tree && work.isAsMade)
  }

  /** Puts the work onto a commit. What goes wrong is why it does not come there. */
  async prepare(onto: string): Promise<void> {
    const { task, commit, signed } = this.wish
    const request = {
      ...{ repoPath: task.repoPath, taskId: task.id, startCommit: this.#startCommit, branch: this.branch },
      ...{ commit, onto, ...(signed && { trailers: taskTrailers(task.id, task.result?.usage?.model) }) },
    }
    this.#prepared.set(
      onto,
      await prepareLanding(request, AbortSignal.timeout(gitTimeoutMs)).catch((error: unknown) => ({
        kind: 'settled' as const,
        outcome: failed(error),
      })),
    )
  }

  /** Moves the branch from a commit to what the work is on top of it; false when it is elsewhere by now. */
  async land(onto: string, check: LandingCheck | null): Promise<boolean> {
    const work = this.#prepared.get(onto)
    if (work?.kind !== 'ready') throw new Error('What lands was prepared')
    const landed = await this.#land(onto, work)
    if (landed.kind === 'moved') return false
    await this.leave(landed.kind === 'unchanged' || check === null ? landed : { ...landed, check })
    return true
  }

  async #land(onto: string, prepared: Ready) {
    const { task, commit } = this.wish
    const request = { repoPath: task.repoPath, taskId: task.id, branch: this.branch, commit, onto, prepared }
    try {
      return await landPrepared(request, AbortSignal.timeout(gitTimeoutMs))
    } catch (error) {
      return (await this.#earlierMerge()) ?? failed(error) // The process may have died once the branch had moved.
    }
  }

  /** Ends with what was found when it was put onto the branch as it is. @param checkOf what is known of a commit that was landed before. */
  async settle(onto: string, checkOf: (commit: string) => Promise<LandingCheck | undefined>): Promise<void> {
    const work = this.#prepared.get(onto)
    if (work?.kind !== 'settled') throw new Error('What is settled does not land')
    if (work.outcome.kind !== 'unchanged') return await this.leave(work.outcome)
    const { task, commit } = this.wish
    // Nothing was left to merge: because a crash came between the merge and its record, perhaps.
    const earlier = await this.#earlierMerge()
    await deleteRef(task.repoPath, taskRef(task.id), commit)
    const check = earlier && (await checkOf(earlier.to))
    await this.leave(earlier ? { ...earlier, ...(check && { check }) } : work.outcome)
  }

  /** Keeps it off the branch, with the reason. */
  async refuse(reason: UnmergedReason, detail: string, check?: LandingCheck): Promise<void> {
    const where = `The work waits at ${taskRef(this.id)}`
    await this.leave({
      ...{ kind: 'unmerged', reason, files: [], detail: `${detail}. ${where}` },
      ...(check && { check }),
    })
  }

  /** Ends without an outcome. */
  abandon(reason: AppError): void {
    this.outcome.catch(() => undefined) // Who waits for it hears of it.
    this.#settle.reject(reason)
  }

  async leave(outcome: MergeOutcome): Promise<void> {
    await deleteRef(this.wish.task.repoPath, landingRef(this.id)).catch(() => undefined) // It goes with the task's own.
    this.#settle.resolve(outcome)
  }

  async #earlierMerge(): Promise<Extract<MergeOutcome, { kind: 'merged' }> | undefined> {
    const { task } = this.wish
    const place = {
      ...{ repoPath: task.repoPath, taskId: task.id },
      ...{ branch: this.branch, startCommit: this.#startCommit },
    }
    return (await findMerge(place, AbortSignal.timeout(gitTimeoutMs)).catch(() => null)) ?? undefined
  }
}

const failed = (error: unknown): MergeOutcome => ({
  ...{ kind: 'unmerged', files: [], detail: toFailure(error, 'merge-failed').message },
  reason: error instanceof AppError && error.code === 'timed-out' ? 'timed_out' : 'fetch_failed',
})
