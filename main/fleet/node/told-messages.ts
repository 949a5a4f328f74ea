import { messageOf } from '../../core/failure.ts'
import type { NewMessage } from '../../core/task/message.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskRecord } from '../../tasks/record/task-record.ts'

/**
 * Puts on a task's record what home says to its agent: from there it is carried to the guest as on home's own host. Home says a message again until it
 * hears what became of it, so each id is taken once.
 */
export class ToldMessages {
  readonly #log: Log
  readonly #record = Promise.withResolvers<TaskRecord>()
  #last: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Also before the task is on record: it waits for that. */
  tell(message: NewMessage): void {
    this.#last = this.#last.then(async () => {
      const record = await this.#record.promise
      if (this.#isOver || record.task.messages.some(({ id }) => id === message.id)) return
      try {
        await record.add({ type: 'message-sent', message })
      } catch (error) {
        // Its agent has come to its end: home tells its user that nobody read it.
        this.#log.info('a message came too late', { reason: messageOf(error) })
      }
    })
  }

  begin(record: TaskRecord): void {
    this.#record.resolve(record)
  }

  /** Resolves when nothing more is written: what comes from now on is for nobody. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#last
  }
}
