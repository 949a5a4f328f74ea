import type { RequestOfRow } from '../../../preload/live-state.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { EventLog } from '../../tasks/events/event-log.ts'
import type { LoggedEvent } from '../../tasks/events/logged-event.ts'

export type ToldOfRequest = Extract<LoggedEvent, { type: 'pull_request' }>

interface Entry {
  readonly told: readonly ToldOfRequest[]
  readonly row: RequestOfRow
}

/** What the event log tells of requests at forges, by their tasks; each event is read once. */
export class RequestBook {
  readonly #events: Pick<EventLog, 'head' | 'read'>
  readonly #entries = new Map<TaskId, Entry>()
  #seq = 0

  constructor(events: Pick<EventLog, 'head' | 'read'>) {
    this.#events = events
  }

  /** Those of which something was told since it was asked last. */
  readNew(): readonly TaskId[] {
    if (this.#events.head === this.#seq) return []
    const changed = new Set<TaskId>()
    for (const event of this.#events.read(this.#seq)) {
      this.#seq = event.seq
      if (event.type !== 'pull_request') continue
      const told = [...(this.#entries.get(event.taskId)?.told ?? []), event]
      this.#entries.set(event.taskId, { told, row: requestOfRow(told, event) })
      changed.add(event.taskId)
    }
    return [...changed]
  }

  /** What lists show of the request for a task's work; the same object while nothing was told. */
  rowOf(id: TaskId): RequestOfRow | undefined {
    return this.#entries.get(id)?.row
  }

  /** What lists show of each request that was told of. */
  rows(): ReadonlyMap<TaskId, RequestOfRow> {
    return new Map([...this.#entries].map(([id, { row }]) => [id, row]))
  }

  /** All that was told of the task's requests, oldest first. */
  toldOf(id: TaskId): readonly ToldOfRequest[] {
    return this.#entries.get(id)?.told ?? []
  }
}

/** Of the newest request, where a task had several. Pure. */
function requestOfRow(told: readonly ToldOfRequest[], { url, number }: ToldOfRequest): RequestOfRow {
  const own = told.filter((event) => event.url === url).map(({ what }) => what)
  const state = own.findLast((what) => what === 'merged' || what === 'closed' || what === 'opened')
  const checks = own.findLast((what) => what === 'checks_passed' || what === 'checks_failed')
  const comments = own.filter((what) => what === 'commented').length
  const shown = state === 'merged' || state === 'closed' ? state : 'open'
  const text = [
    `Pull request ${number} ${shown}`,
    checks && (checks === 'checks_passed' ? 'checks passed' : 'checks failed'),
    comments > 0 && `${comments} ${comments === 1 ? 'comment' : 'comments'}`,
  ]
  return { state: shown, text: text.filter(Boolean).join(', ') }
}
