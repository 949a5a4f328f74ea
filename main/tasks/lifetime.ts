import { AppError } from '../core/failure.ts'

/** Whether the orchestrator still takes tasks, and whether it still holds the machines of those that run. */
export class Lifetime {
  readonly #detach = new AbortController()
  #isClosing = false

  /** Fires when running machines are left to the next start of the orchestrator. */
  get detach(): AbortSignal {
    return this.#detach.signal
  }

  /** Whether no more tasks are taken, and whatever waits is left to the next start. */
  get isOver(): boolean {
    return this.#isClosing || this.#detach.signal.aborted
  }

  /** Takes no more tasks from now on. Those that run go on. */
  close(): void {
    this.#isClosing = true
  }

  /** Lets go of the machines of running tasks, too. */
  letGo(): void {
    this.#detach.abort(new AppError('interrupted', 'The orchestrator was stopped', { hint: 'Run the task again' }))
  }
}
