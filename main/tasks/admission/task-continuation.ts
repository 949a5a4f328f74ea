import { AppError } from '../../core/failure.ts'
import type { TaskCaps } from '../../core/task/caps.ts'
import { validateDescription } from '../../core/task/description.ts'
import { usageSoFar } from '../../core/task/parking.ts'
import type { AgentUsage, Task, TaskId } from '../../core/task/task.ts'
import type { ContinueRequest } from '../contract.ts'
import type { EventLog } from '../events/event-log.ts'
import { announceEnd } from '../finish/announce-end.ts'
import type { EndedTasks } from '../finish/ended-tasks.ts'
import type { Lifetime } from '../lifetime.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { type RecordOptions, TaskRecord } from '../record/task-record.ts'
import type { UnfinishedTasks } from '../record/unfinished-tasks.ts'
import { forgetDecided } from '../review/choices-file.ts'
import { acceptedCaps } from '../run/task-run.ts'
import type { HostCheck } from './host-check.ts'
import { type GoingOnRules, requireGoesOn } from './require-goes-on.ts'
import type { WaitingRoom } from './waiting-room.ts'

export interface ContinuationOptions {
  /** Read at each use: settings may change. */
  readonly rules: GoingOnRules & { readonly events: EventLog }
  readonly catalog: Pick<TaskCatalog, 'find'>
  readonly ended: Pick<EndedTasks, 'act'>
  readonly unfinished: UnfinishedTasks
  readonly host: HostCheck
  readonly waiting: WaitingRoom
  readonly recordOptions: RecordOptions
  readonly lifetime: Pick<Lifetime, 'isOver'>
}

/** Has tasks that have ended go on: each in the clone that it has, with what its agent remembers and a text of its own. */
export class TaskContinuation {
  readonly #options: ContinuationOptions

  constructor(options: ContinuationOptions) {
    this.#options = options
  }

  /** Resolves when it is on record that the task goes on; it waits for a slot then. @throws AppError that says why it does not. */
  async accept(id: TaskId, request: ContinueRequest): Promise<void> {
    const { ended, lifetime } = this.#options
    if (lifetime.isOver) throw new AppError('interrupted', 'The orchestrator is shutting down')
    validateDescription(request.text)
    await ended.act(id, (task) => this.#goOn(task, request))
  }

  async #goOn(task: Task, { text, owner, caps: asked }: ContinueRequest): Promise<void> {
    const { rules, unfinished, waiting, recordOptions } = this.#options
    const { id, repoPath } = task
    const caps = { ...(task.caps ?? acceptedCaps(rules.limits, {})), ...asked }
    await this.#require(task, caps)
    await unfinished.add(id, repoPath) // Before the record: at no moment does an unfinished task lack its entry.
    try {
      await using opened = new AsyncDisposableStack()
      const record = opened.use(await TaskRecord.open(task, recordOptions))
      if (record.task.announcedSeq === null) await announceEnd(record, rules.events)
      await forgetDecided(record.files.resolution)
      await record.add({ type: 'continued', text, caps, ...(owner !== undefined && { owner }) })
      opened.move()
      waiting.add(record)
      waiting.callNext()
    } catch (error) {
      await unfinished.remove(id)
      throw error
    }
  }

  async #require(task: Task, caps: TaskCaps): Promise<void> {
    const { rules, catalog, host } = this.#options
    const { id } = task
    const resolvers = await catalog.find({ kind: 'resolvers', of: id })
    const resolver = resolvers.find(({ announcedSeq }) => announcedSeq === null)
    if (resolver) {
      throw new AppError('task-busy', `Task ${resolver.id} is resolving the conflicts of task ${id}`, {
        hint: 'Wait for its end, or cancel it',
      })
    }
    requireRoom(id, usageSoFar(task), caps)
    await requireGoesOn(task, rules, host)
  }
}

/** Limits are for the whole task: one that is used up would end the agent before it had begun. */
function requireRoom(id: TaskId, usage: AgentUsage | null, { maxCostUsd, maxTokens }: TaskCaps): void {
  if (usage === null) return
  if (maxCostUsd !== null && usage.costUsd >= maxCostUsd) {
    throw new AppError(
      'cost-limit',
      `Task ${id} has cost $${usage.costUsd.toFixed(2)} of its limit of $${maxCostUsd}`,
      {
        hint: 'Give max_cost_usd more room: it is for the whole task',
      },
    )
  }
  const tokens = usage.inputTokens + usage.outputTokens
  if (maxTokens !== null && tokens >= maxTokens) {
    throw new AppError('token-limit', `Task ${id} has taken ${tokens} of its limit of ${maxTokens} tokens`, {
      hint: 'Give max_tokens more room: it is for the whole task',
    })
  }
}
