import type { EventView } from '../../../main/api/views.ts'
import { slotCount } from '../../../main/core/task/task.ts'
import type { ServerConnection } from '../../../main/web/client.ts'
import { type Asked, fileOf, scriptOf, type Told } from './soak-ledger.ts'

/** The event consumer of the soak. */
const consumer = 'soak'
/** From the cancelling of what still runs to its ends. */
const cancelMs = 4 * 60_000

export interface LoadPlan {
  /** Aliases; tasks go to one after the other. */
  readonly repos: readonly string[]
  /** For so long the next task is asked for as one ends. */
  readonly askMs: number
  /** For so long the last ones are waited for; then they are cancelled. */
  readonly drainMs: number
  /** The most that are asked for. */
  readonly mostTasks: number
}

/** All slots kept busy for a time. What was asked for and what was told is here from the first moment on. */
export class Load {
  readonly asked: Asked[] = []
  readonly told: Told[] = []
  readonly cancelled = new Set<string>()
  readonly #plan: LoadPlan
  readonly #client: ServerConnection
  readonly #say: (line: string) => void
  readonly #start = performance.now()
  #askedUntil: number | undefined

  constructor(plan: LoadPlan, client: ServerConnection, say: (line: string) => void) {
    this.#plan = plan
    this.#client = client
    this.#say = say
  }

  get minutes(): number {
    return (performance.now() - this.#start) / 60_000
  }

  /** When the last task was due to be asked for; until then, now. */
  get askedUntilMinutes(): number {
    return this.#askedUntil ?? this.minutes
  }

  get failed(): number {
    return this.told.filter(({ type }) => type === 'failed').length
  }

  /** Resolves when every task has ended, or when those that were cancelled had their time for it. */
  async run(signal: AbortSignal): Promise<void> {
    const { askMs, drainMs, mostTasks } = this.#plan
    for (let slot = 0; slot < slotCount; slot++) await this.#ask(signal)
    const running = () => this.asked.filter(({ id }) => !this.told.some(({ taskId }) => taskId === id))
    for (;;) {
      const wait = { client: consumer, timeout_ms: 5_000 }
      const answer = await this.#client.call('wait_next_event', wait, signal)
      const elapsedMs = performance.now() - this.#start
      if (elapsedMs > askMs || this.asked.length >= mostTasks || this.#isHopeless()) this.#askedUntil ??= this.minutes
      if ('type' in answer) {
        this.#tell(answer)
        if (this.#askedUntil === undefined) await this.#ask(signal)
        continue
      }
      // Whoever is missing now was lost, and the ledger says so.
      if ('no_running_tasks' in answer || elapsedMs > askMs + drainMs + cancelMs) return
      if (elapsedMs > askMs + drainMs && this.cancelled.size === 0) await this.#cancel(running(), signal)
    }
  }

  /** So many failures and nothing else is a host that cannot do it: half an hour more would show nothing new. */
  #isHopeless(): boolean {
    return this.told.length >= slotCount && this.told.length === this.failed
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const number = this.asked.length + 1
    const repo = this.#plan.repos[number % this.#plan.repos.length] ?? ''
    const description = `Add ${fileOf(number)}. [script: ${scriptOf(number)}]`
    // Queued where the host has no memory for it just now: a soak goes on.
    const request = { repo, description, client: consumer, queue: true }
    const { task_id } = await this.#client.call('run_task', request, signal)
    this.asked.push({ id: task_id, repo, number })
  }

  #tell(event: EventView): void {
    if (event.type === 'idle' || event.type === 'pull_request') return // No task of the soak is held or has a request.
    const { task_id, type, error, merge_result } = event
    const unmerged = merge_result?.merged === false ? `${merge_result.reason}: ${merge_result.detail}` : null
    this.told.push({ taskId: task_id, type, reason: error ?? unmerged })
    const number = this.asked.find(({ id }) => id === task_id)?.number ?? '?'
    this.#say(`minute ${this.minutes.toFixed(1)}: task ${number} ${type}${error === null ? '' : `, ${error}`}`)
  }

  async #cancel(running: readonly Asked[], signal: AbortSignal): Promise<void> {
    this.#say(`cancelling ${running.length} tasks that did not end in time`)
    for (const { id } of running) {
      this.cancelled.add(id)
      // It may end, or begin to merge, at this very moment: its event tells.
      await this.#client.call('cancel_task', { task_id: id }, signal).catch(() => undefined)
    }
  }
}
