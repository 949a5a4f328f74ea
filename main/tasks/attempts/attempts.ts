import { randomBytes } from 'node:crypto'
import { type Choice, choiceAmong, chosenNumber, judgeText } from '../../core/attempts/attempts.ts'
import { AppError, toFailure } from '../../core/failure.ts'
import type { By } from '../../core/merge/may-publish.ts'
import { type MergeOutcome, taskRef } from '../../core/merge/merge.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { baseName, type TaskBase } from '../../core/task/task-base.ts'
import { mergeView } from '../../core/task/view.ts'
import { keepBeside } from '../../git/repository/keep-beside.ts'
import { resolveRevision } from '../../git/repository/resolve-revision.ts'
import { inTurn } from '../../lib/in-turn.ts'
import type { Log } from '../../lib/log.ts'
import type { Asked, TaskIntake } from '../admission/task-intake.ts'
import type { AttemptsRequest } from '../contract.ts'
import type { EndedTasks } from '../finish/ended-tasks.ts'
import { mergeAgain } from '../finish/merge-again.ts'
import { type PublishingRules, unmergedBy, weighMerge } from '../finish/waiting-work.ts'
import { LandingLeft } from '../landing/wish.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { TaskRecord } from '../record/task-record.ts'
import { requireWork } from '../review/require-work.ts'
import { isWithdrawn } from '../run/cancel-task.ts'
import type { TaskFollower } from '../run/task-follower.ts'

export interface AttemptsOptions {
  readonly catalog: Pick<TaskCatalog, 'find' | 'get' | 'put' | 'watch'>
  readonly intake: Pick<TaskIntake, 'accept' | 'check' | 'admit'>
  readonly follower: Pick<TaskFollower, 'cancel'>
  readonly ended: Pick<EndedTasks, 'act'>
  readonly rules: PublishingRules
  readonly log: Log
}

const weighTimeoutMs = 10 * 60_000

/** Tasks that are given the same text at the same commit, of which one is chosen. */
export class TaskAttempts {
  readonly #options: AttemptsOptions

  constructor(options: AttemptsOptions) {
    this.#options = options
    options.catalog.watch((_id, task) => {
      // A person may take one without a word about the others.
      if (task?.attempt && task.state.phase === 'finished' && task.merge?.kind === 'merged')
        void this.#settleOthers(task.id, task.attempt.group)
    })
  }

  /** All of them or none; they wait for slots. @throws AppError that says why there is none. */
  async accept({ count, models = [], judged, ...request }: AttemptsRequest): Promise<readonly TaskId[]> {
    const { intake, follower } = this.#options
    if (request.after !== undefined) {
      throw new AppError(
        'argument-invalid',
        'Attempts start from one commit, and that is not known before others end',
        {
          hint: 'Leave out after, or start them when those have ended',
        },
      )
    }
    // At a place they wait there.
    const asked = await intake.check(request.place === undefined ? { ...request, queue: true } : request)
    const base = await pinned(asked)
    const group = randomBytes(4).toString('hex')
    const ids: TaskId[] = []
    try {
      for (let number = 1; number <= count; number += 1) {
        const model = models.length > 0 ? models[(number - 1) % models.length] : undefined
        const own = { ...asked.request, ...(model !== undefined && { agent: { ...asked.request.agent, model } }) }
        const attempt = { group, number, of: count, ...(judged && { judged: true as const }) }
        ids.push(await intake.admit({ ...asked, request: own, base, attempt }))
      }
    } catch (error) {
      for (const id of ids) await follower.cancel(id).catch(() => undefined)
      throw error
    }
    return ids
  }

  /** Those of a group that are on record, by their numbers. */
  async members(group: string): Promise<readonly Task[]> {
    const { catalog } = this.#options
    const briefs = (await catalog.find({ kind: 'group', group })).filter(({ attempt }) => attempt !== undefined)
    const tasks = await Promise.all(briefs.map(({ id }) => catalog.get(id)))
    return tasks.toSorted((one, other) => (one.attempt?.number ?? 0) - (other.attempt?.number ?? 0))
  }

  /**
   * Chooses one of the attempts, and merges it as the policy lets a client. What the others made is kept below the refs of the one that is chosen. Can be repeated.
   * @throws AppError: 'argument-invalid' for a task that is no attempt, 'task-busy' before all have ended, 'task-ended' where another one was chosen, 'merge-failed'
   * for a client that wants one which did not succeed while others did.
   */
  async choose(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    const { catalog, ended } = this.#options
    const { attempt } = await catalog.get(id)
    if (!attempt) {
      throw new AppError('argument-invalid', `Task ${id} is no attempt of several`, {
        hint: 'merge_task brings the work of one task onto its branch',
      })
    }
    // Two that choose at the same time choose one.
    const chosen = await inTurn(turnOf(attempt.group), async () => {
      const members = await this.members(attempt.group)
      requireChoosable(id, choiceAmong(members), by)
      const others = members.filter((other) => other.id !== id)
      const commit = await ended.act(id, (task) => this.#markChosen(task, others, by))
      for (const { id: other } of others) await ended.act(other, (task) => this.#markOther(task, id, by))
      return commit
    })
    return await ended.act(id, (task) => this.#merge(task, chosen, by))
  }

  /**
   * At a task's end, before that is announced: the last of several attempts has their judge begin, and the end of a judge is its choice. What
   * goes wrong here does not keep the end from being announced; then a person chooses.
   * @throws LandingLeft when the orchestrator ends while the choice is checked: the next start chooses once more.
   */
  async afterEnd({ id, attempt, judges, owner, result, state }: Task): Promise<void> {
    const { log } = this.#options
    try {
      // Two that end at the same time have one judge.
      if (attempt?.judged) await inTurn(turnOf(attempt.group), () => this.#beginJudging(attempt.group, owner))
      if (judges === undefined) return
      // What a judge that was stopped, or came to nothing, had written by then is no choice.
      const outcome = state.phase === 'finished' ? state.outcome.kind : null
      if (outcome === null || outcome === 'failed' || outcome === 'cancelled') return
      const members = await this.members(judges)
      const number = chosenNumber(
        result?.summary ?? '',
        members.flatMap(({ attempt: one }) => one ?? []),
      )
      const best = members.find(({ attempt: one }) => one?.number === number)
      // One that was taken out of what lands after it was chosen is not brought there again.
      if (best && !isWithdrawn(best)) await this.choose(best.id, 'client')
    } catch (error) {
      if (error instanceof LandingLeft) throw error
      log.warn('attempts could not be judged', { taskId: id, reason: toFailure(error).message })
    }
  }

  /** Never rejects: who chooses later settles them as well. */
  async #settleOthers(chosen: TaskId, group: string): Promise<void> {
    const { ended, log } = this.#options
    try {
      await inTurn(turnOf(group), async () => {
        for (const { id, merge } of await this.members(group)) {
          if (id === chosen || merge?.kind !== 'unmerged' || merge.reason !== 'awaiting_choice') continue
          await ended.act(id, (task) => this.#markOther(task, chosen, 'person'))
        }
      })
    } catch (error) {
      log.debug('attempts beside one that was merged stay open', { taskId: chosen, reason: toFailure(error).message })
    }
  }

  async #beginJudging(group: string, owner: string | null): Promise<void> {
    const { catalog, intake } = this.#options
    const members = await this.members(group)
    const choice = choiceAmong(members)
    const all = await catalog.find({ kind: 'group', group })
    if (choice.kind !== 'open' || all.some(({ judges }) => judges !== undefined)) return
    const candidates = members.filter(({ id }) => choice.candidates.includes(id))
    const [first] = candidates
    if (!first || first.startCommit === null) return
    const { description, startCommit, repo, mergePolicy } = first
    const attempts = candidates.flatMap(({ attempt, work }) =>
      attempt && work ? [{ number: attempt.number, commit: work.commit }] : [],
    )
    const command = mergePolicy?.kind === 'check' ? mergePolicy.command : null
    await intake.accept(
      {
        ...{ description: judgeText({ description, startCommit, attempts, command }), repo, queue: true },
        ...{ base: startCommit, ...(owner !== null && { owner }) },
      },
      { judges: group },
    )
  }

  async #markChosen(task: Task, others: readonly Task[], by: Exclude<By, 'policy'>): Promise<string> {
    const { catalog } = this.#options
    const commit = task.merge?.kind === 'merged' ? task.merge.to : await requireWork(task)
    for (const { work } of others) if (work?.ref) await keepBeside(task.repoPath, task.id, work.commit)
    if (task.chosen) return commit
    await using record = await TaskRecord.open(task, { onChange: catalog.put })
    await record.add({ type: 'chosen', by })
    return commit
  }

  async #markOther(task: Task, chosen: TaskId, by: Exclude<By, 'policy'>): Promise<void> {
    const { merge } = task
    if (merge?.kind !== 'unmerged' || merge.reason !== 'awaiting_choice') return
    const detail = `Task ${chosen} was chosen in its place. Its work stays at ${taskRef(task.id)}`
    await this.#record(task, { kind: 'unmerged', reason: 'not_chosen', files: [], detail }, by)
  }

  async #merge(task: Task, commit: string, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    const { rules, catalog } = this.#options
    if (task.merge?.kind === 'merged') return task.merge
    // To choose one is no review of it: it lands as far as the policy lets a client's wish go, whoever chooses.
    const as = 'client'
    const verdict = await weighMerge({ task, commit, by: as }, rules, AbortSignal.timeout(weighTimeoutMs))
    if (verdict.kind === 'yes') return await mergeAgain(task, { by: as, rules, onChange: catalog.put })
    return await this.#record(task, unmergedBy(verdict), by)
  }

  async #record(task: Task, merge: MergeOutcome, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    await using record = await TaskRecord.open(task, { onChange: this.#options.catalog.put })
    await record.add({ type: 'merge-tried', merge, by })
    await record.write(record.files.mergeResult, mergeView(task.id, merge))
    return merge
  }
}

const turnOf = (group: string): string => `choice among ${group}`

function requireChoosable(id: TaskId, choice: Choice, by: Exclude<By, 'policy'>): void {
  if (choice.kind === 'runs') {
    throw new AppError('task-busy', `Some of the attempts beside task ${id} have not ended`, {
      hint: 'Wait for their ends, or cancel them',
    })
  }
  if (choice.kind === 'chosen' && choice.task !== id) {
    throw new AppError('task-ended', `Task ${choice.task} was chosen of these attempts already`, {
      hint: `The user can take this one, too: microvm-orchestrator review ${id}`,
    })
  }
  if (choice.kind === 'open' && by === 'client' && !choice.candidates.includes(id)) {
    throw new AppError('merge-failed', `Attempt ${id} did not succeed, and others did`, {
      hint: `Choose one of ${choice.candidates.join(', ')}; the user can take this one: microvm-orchestrator choose ${id}`,
    })
  }
}

/** Where all of them start: what is named or checked out, as it is now. */
async function pinned({ base, repository: { path } }: Asked): Promise<TaskBase> {
  if (base?.kind === 'commit') return base
  const commit = await resolveRevision(path, base ? `refs/heads/${base.branch}^{commit}` : 'HEAD^{commit}')
  if (commit !== null) return { kind: 'commit', name: base ? baseName(base) : commit, commit }
  throw new AppError('repository-invalid', `${path} has no commit to start from`, { hint: 'Commit something first' })
}
