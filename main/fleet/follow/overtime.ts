import { AppError } from '../../core/failure.ts'
import type { TaskRecord } from '../../tasks/record/task-record.ts'

/**
 * Fires when a machine at a place has run for longer than it may, by this host's clock and from when the place first spoke of it: one that does
 * not end its task by itself would have the gateway, and the key behind it, for ever.
 */
export class Overtime implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(record: TaskRecord, ms: number) {
    this.#timer = setInterval(() => {
      const { machineStartedAt } = record.task
      if (machineStartedAt === null || Date.now() - Date.parse(machineStartedAt) < ms) return
      clearInterval(this.#timer)
      this.#controller.abort(
        new AppError('timed-out', 'The task ran into its time limit, and its place did not end it'),
      )
    }, overtimeLookMs).unref()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

const overtimeLookMs = 1_000
