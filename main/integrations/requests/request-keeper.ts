import { cut } from '../../core/cut.ts'
import { messageOf } from '../../core/failure.ts'
import { type Forge, type PullRequest, type RequestRecord, requestBranch } from '../../core/pull-request.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { isOver, type TaskBrief } from '../../core/task/task-brief.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { branchTip } from '../../git/repository/branch-tip.ts'
import { readTaskRef } from '../../git/repository/read-task-ref.ts'
import { scrubText } from '../../lib/guest/scrub.ts'
import { inTurn } from '../../lib/in-turn.ts'
import type { Log } from '../../lib/log.ts'
import { WorkUnderWay } from '../../lib/work-under-way.ts'
import { listForges } from '../../settings/forges.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { readPullRequest, writePullRequest } from '../../tasks/record/pull-request-file.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import type { ForgeAccess } from './ask-forge.ts'
import { bringRequest } from './bring-request.ts'
import { forgeAccess } from './forge-access.ts'
import type { ForgeClient } from './forge-client.ts'
import { forgeClients } from './forge-clients.ts'
import { ForgeRefusal } from './forge-refusal.ts'
import { askAround, type News, takeIn } from './hear-request.ts'
import { failed, nextAct, pausesMs, succeeded } from './next-act.ts'

export interface RequestKeeperOptions {
  readonly home: string
  readonly tasks: Pick<Tasks, 'events' | 'find' | 'get' | 'merge' | 'reviews' | 'watch'>
  readonly log: Log
  /** How often what is open is looked at. Default: a minute. */
  readonly everyMs?: number
  /** In place of `pausesMs`; for tests. */
  readonly pauses?: readonly number[]
}

const minuteMs = 60_000
/** For all that is done for one task at one time. */
const turnMs = 15 * minuteMs

/**
 * Brings the work of tasks that waits for a review to the forges of their repositories, and tells what becomes of it there. At each forge one task after the other, so
 * that a slow one holds up no other; nothing of it holds up a task or fails one, and what was done is in each task's `pull-request.json`.
 */
export class RequestKeeper implements AsyncDisposable {
  readonly #options: RequestKeeperOptions
  readonly #end = new AbortController()
  readonly #unwatch: () => void
  readonly #timer: NodeJS.Timeout
  /** What is looked at again and again. */
  readonly #kept = new Set<TaskId>()
  /** What waits for its turn. */
  readonly #due = new Set<TaskId>()
  readonly #seen: ForgeAccess['seen'] = new Map()
  /** Forges that want to be left alone, by their API: until when, in ms since the epoch. */
  readonly #quiet = new Map<string, number>()
  /** Where a task's branch was when it was looked at for what had been merged at the forge. */
  readonly #looked = new Map<TaskId, string>()
  /** What is under way, or waits for its turn. */
  readonly #open = new WorkUnderWay()

  private constructor(options: RequestKeeperOptions) {
    this.#options = options
    this.#unwatch = options.tasks.watch((id, task) => {
      if (task === null) this.#forget(id)
      else if (mayHaveRequest(task)) this.#offer(id)
    })
    this.#timer = setInterval(() => {
      for (const id of this.#kept) this.#offer(id)
    }, options.everyMs ?? minuteMs).unref()
  }

  /** What an earlier process left is taken up by and by. */
  static start(options: RequestKeeperOptions): RequestKeeper {
    const keeper = new RequestKeeper(options)
    keeper.#open.follow(
      keeper.#takeUp().catch((error: unknown) => {
        options.log.error('pull requests could not be taken up', { reason: messageOf(error) })
      }),
    )
    return keeper
  }

  async #takeUp(): Promise<void> {
    const forges = await listForges(this.#options.home)
    if (forges.length === 0) return
    const since = forges.map(({ added }) => added).sort()[0] ?? ''
    for (const task of await this.#options.tasks.find({ kind: 'ended', since })) {
      const forge = forges.find(({ repoPath }) => repoPath === task.repoPath)
      if (forge && (task.finishedAt ?? '') >= forge.added) this.#offer(task.id)
    }
  }

  /** What is under way is cut off, and taken up by the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch()
    clearInterval(this.#timer)
    this.#end.abort(new Error('The server ends'))
    await this.#open.over()
  }

  #offer(id: TaskId): void {
    if (this.#due.has(id) || this.#end.signal.aborted) return
    this.#due.add(id)
    this.#open.follow(this.#attend(id))
  }

  #forget(id: TaskId): void {
    this.#kept.delete(id)
    this.#looked.delete(id)
  }

  /** Never rejects. */
  async #attend(id: TaskId): Promise<void> {
    const { home, log } = this.#options
    try {
      const forge = await this.#forgeOf(id)
      if (!forge) {
        this.#due.delete(id)
        return this.#forget(id)
      }
      // Another forge may have been named meanwhile: a task is looked at once at a time all the same.
      await inTurn(`requests of ${home} at ${forge.api}`, () =>
        inTurn(`requests of ${home} for ${id}`, () => this.#look(id)),
      )
    } catch (error) {
      this.#due.delete(id)
      if (this.#end.signal.aborted) return
      this.#forget(id)
      log.warn('a pull request could not be looked after', { taskId: id, reason: messageOf(error) })
    }
  }

  async #look(id: TaskId): Promise<void> {
    this.#due.delete(id)
    if (this.#end.signal.aborted) return
    // As both are when its turn has come.
    const forge = await this.#forgeOf(id)
    const task = await this.#options.tasks.get(id)
    const goesOn = forge && isOver(task) && (task.finishedAt ?? '') >= forge.added && (await this.#act(task, forge))
    if (goesOn) this.#kept.add(id)
    else this.#forget(id)
  }

  async #forgeOf(id: TaskId): Promise<Forge | undefined> {
    const { home, tasks } = this.#options
    const forges = await listForges(home)
    if (forges.length === 0) return undefined
    const { repoPath } = await tasks.get(id)
    return forges.find((forge) => forge.repoPath === repoPath)
  }

  /** True while there is more to come. */
  async #act(task: Task, forge: Forge): Promise<boolean> {
    const record = await readPullRequest(filesOf(task))
    const work = await waitingCommit(task)
    const now = Date.now()
    const act = nextAct(record, work, now)
    if (act === 'rest') return false
    if (act === 'wait' || now < (this.#quiet.get(forge.api) ?? 0)) return true
    if (act === 'settle') return await this.#settle(task)
    const known = record ?? firstRecord(task, forge)
    if (known === null) return false
    return await this.#ask(task, forge, known, act === 'bring' ? work : null)
  }

  /** Brings the commit, or looks at what is there; what fails is on record, and tried again. */
  async #ask(task: Task, forge: Forge, record: RequestRecord, commit: string | null): Promise<boolean> {
    const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(turnMs)])
    let last = record
    let hidden: readonly string[] = []
    const keep = async (changed: RequestRecord) => {
      last = changed
      await writePullRequest(filesOf(task), changed)
    }
    try {
      const { api, git } = await forgeAccess(this.#options.home, forge, this.#seen)
      hidden = api.hidden
      const client = forgeClients[forge.kind](api, forge.project)
      const seen = record.request?.state === 'open' ? await look(client, record, signal) : record
      await this.#tell(task, record, seen)
      const brought =
        commit === null ? seen : await bringRequest({ task, commit, forge, git, client, keep }, seen, signal)
      await this.#tell(task, seen, brought)
      if (JSON.stringify(brought) !== JSON.stringify(last)) await keep(brought)
      const done = await this.#hear(task, client, brought, signal)
      const whole = succeeded(done)
      if (JSON.stringify(whole) !== JSON.stringify(last) || record.problem !== null) await keep(whole)
      return true
    } catch (error) {
      this.#end.signal.throwIfAborted()
      const notBefore = error instanceof ForgeRefusal ? error.notBefore : null
      if (notBefore !== null) this.#quiet.set(forge.api, notBefore)
      const problem = visibleLine(cut(hidden.reduce(scrubText, messageOf(error)), problemLimit))
      if (problem !== record.problem) {
        this.#options.log.warn('a pull request could not be brought on', { taskId: task.id, reason: problem })
      }
      await keep(failed(last, { problem, notBefore }, Date.now(), this.#options.pauses ?? pausesMs))
      return true
    }
  }

  /** Tells what has become of the request, before the record says so. */
  async #tell(task: Task, before: RequestRecord, { request }: RequestRecord): Promise<void> {
    if (request === null) return
    const isSame = before.request?.number === request.number
    if (!isSame) await this.#append(task, request, { what: 'opened' })
    const isChanged = !isSame || before.request?.state !== request.state
    if (isChanged && request.state !== 'open') await this.#append(task, request, { what: request.state })
  }

  /** Tells what checks and people say of a request that is open, before the record says so. */
  async #hear(task: Task, client: ForgeClient, record: RequestRecord, signal: AbortSignal): Promise<RequestRecord> {
    const { request, brought } = record
    if (request?.state !== 'open' || brought === null) return record
    const around = await askAround(client, { number: request.number, commit: brought }, signal)
    const { record: heard, news } = takeIn(record, brought, around)
    for (const each of news) await this.#append(task, request, each)
    return heard
  }

  /** Once: after a crash it is looked for in the log. */
  async #append({ id: taskId, repo, owner }: Task, { number, url }: PullRequest, news: News): Promise<void> {
    const { events } = this.#options.tasks
    const isTold = events
      .read(0)
      .some(
        (each) =>
          each.type === 'pull_request' &&
          each.taskId === taskId &&
          each.url === url &&
          each.what === news.what &&
          each.commit === news.commit &&
          each.comment === news.comment,
      )
    if (!isTold) await events.append({ type: 'pull_request', taskId, repo, owner, number, url, ...news })
  }

  /** Once the user's own branch has what was merged at the forge, the task has nothing left to bring, and says so. */
  async #settle({ id, repoPath, branch }: Task): Promise<boolean> {
    const { tasks, log } = this.#options
    const tip = branch === null ? null : await branchTip(repoPath, branch)
    if (tip === null || this.#looked.get(id) === tip) return tip !== null
    this.#looked.set(id, tip)
    try {
      const { onBranch } = await tasks.reviews.look(id)
      if (onBranch.kind !== 'merged' || onBranch.result.length > 0) return true
      // Nothing of it comes onto the branch by this: the task learns that all of it is there.
      await tasks.merge(id, 'person')
      return false
    } catch (error) {
      log.warn('it could not be seen whether the branch has what was merged', { taskId: id, reason: messageOf(error) })
      return true
    }
  }
}

async function look(client: ForgeClient, record: RequestRecord, signal: AbortSignal): Promise<RequestRecord> {
  if (record.request === null) return record
  const { number, url, state } = await client.look(record.request.number, signal)
  return { ...record, request: { number, url, state } }
}

const problemLimit = 600

const mayHaveRequest = (task: TaskBrief): boolean => isOver(task) && task.merge?.kind === 'unmerged'

/** What waits for a review at the task's ref, as it is now. */
async function waitingCommit({ id, repoPath, merge, work }: Task): Promise<string | null> {
  if (merge?.kind !== 'unmerged' || merge.reason !== 'awaiting_review' || !work?.ref) return null
  return await readTaskRef(repoPath, id)
}

function firstRecord({ id, branch }: Task, { kind, project, target }: Forge): RequestRecord | null {
  const into = target ?? branch
  if (into === null) return null
  return {
    ...{ forge: kind, project, branch: requestBranch(id), target: into, pushed: [], brought: null, request: null },
    ...{ checked: null, heard: [] },
    ...{ problem: null, tries: 0, notBefore: null },
  }
}
