import type { HistoryPage, HistoryRequest } from '../../../preload/history.ts'
import type { RequestOfRow, TaskRow } from '../../../preload/live-state.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { hasWords, historyPage, wantedOf, wordsOf } from './history-page.ts'
import { searchRecords } from './search-records.ts'

export interface HistoryOptions {
  readonly tasks: Pick<Tasks, 'list' | 'get'>
  readonly home: string
  /** What lists show of a task now. */
  readonly rowOf: (task: TaskBrief) => TaskRow
  /** What they show of the request for its work, which changes by itself. */
  readonly requestOf: (id: TaskId) => RequestOfRow | undefined
}

/** Answers the window's questions about the tasks of all time. */
export class TaskHistory {
  readonly #options: HistoryOptions
  /** Rows of finished tasks, which change only together with their briefs and requests. */
  readonly #rows = new WeakMap<TaskBrief, TaskRow>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  async page(request: HistoryRequest, signal: AbortSignal): Promise<HistoryPage> {
    const { tasks, home } = this.#options
    const all = (await tasks.list()).map((task) => this.#row(task))
    const wanted = wantedOf(all, request)
    const words = wordsOf(request.text)
    if (words.length === 0) return historyPage(all, wanted, request)
    const rest = wanted.filter((row) => !hasWords(row, words))
    const found = await searchRecords(rest, words, { home, read: (id) => tasks.get(id) }, signal)
    const matching = wanted.filter((row) => found.has(row.id) || hasWords(row, words))
    return historyPage(all, matching, request)
  }

  #row(task: TaskBrief): TaskRow {
    const known = this.#rows.get(task)
    if (known && known.request === this.#options.requestOf(task.id)) return known
    const row = this.#options.rowOf(task)
    if (task.state.phase === 'finished') this.#rows.set(task, row)
    return row
  }
}
