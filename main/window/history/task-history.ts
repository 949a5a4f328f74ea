import type { HistoryPage, HistoryRequest, OutcomeFilter } from '../../../preload/history.ts'
import type { RequestOfRow, TaskRow } from '../../../preload/live-state.ts'
import { needing } from '../../../preload/task-needs.ts'
import type { HistoryWish } from '../../core/task/history-wish.ts'
import type { TaskId, TaskOutcome } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { searchedText } from '../../tasks/history/index-row.ts'
import { dayIn, hasWords, historyPage, wantedOf, wordsOf } from './history-page.ts'

export interface HistoryOptions {
  readonly tasks: Pick<Tasks, 'find' | 'get' | 'history'>
  /** What lists show of a task now. */
  readonly rowOf: (task: TaskBrief) => TaskRow
  /** What they show of the requests for tasks' work. */
  readonly requests: () => ReadonlyMap<TaskId, RequestOfRow>
}

const outcomeOf: Readonly<Record<Exclude<OutcomeFilter, 'all' | 'needs-you'>, TaskOutcome['kind']>> = {
  merged: 'merged',
  failed: 'failed',
  stopped: 'cancelled',
}

/** Answers the window's questions about the tasks of all time. */
export class TaskHistory {
  readonly #options: HistoryOptions

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  async page(request: HistoryRequest): Promise<HistoryPage> {
    const { tasks, rowOf } = this.#options
    const words = wordsOf(request.text)
    // Who needs whom is told by these alone, whichever are wanted.
    const waiting = await tasks.find({ kind: 'waiting' })
    const open = await tasks.find({ kind: 'open' })
    const beside = new Map([...waiting, ...open].map((task) => [task.id, rowOf(task)]))
    const needy = new Set(needing([...beside.values()]).map(({ id }) => id))
    const found = await tasks.history(this.#wishOf(request, words, needy))
    const held = found.held.map(rowOf)
    const matching: TaskRow[] = []
    for (const row of wantedOf(held, request, needy)) if (await this.#hasWords(row, words)) matching.push(row)
    return historyPage(held, matching, request, {
      ...found,
      rows: found.tasks.map(rowOf),
      needing: needy,
    })
  }

  #wishOf(request: HistoryRequest, words: readonly string[], needy: ReadonlySet<TaskId>): HistoryWish {
    const { outcome, repo, place, since, order, descending, groupBy, timeZone, offset, limit } = request
    const requests = [...this.#options.requests()].map(([id, { text }]) => ({ id, text: text.toLowerCase() }))
    const dayOf = dayIn(timeZone)
    return {
      ...{ repo, place, since, order, descending, offset, limit },
      words: words.map((word) => ({
        word,
        elsewhere: requests.filter(({ text }) => text.includes(word)).map(({ id }) => id),
      })),
      only: outcome === 'needs-you' ? [...needy] : null,
      outcome: outcome === 'all' || outcome === 'needs-you' ? null : outcomeOf[outcome],
      groupBy: groupBy === 'day' ? { dayOf } : groupBy,
    }
  }

  async #hasWords(row: TaskRow, words: readonly string[]): Promise<boolean> {
    if (hasWords(row, words)) return true
    const task = await this.#options.tasks.get(row.id).catch(() => undefined) // It was cleaned up meanwhile.
    return task !== undefined && words.every((word) => searchedText(task).toLowerCase().includes(word))
  }
}
