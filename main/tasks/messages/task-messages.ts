import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { validateDescription } from '../../core/task/description.ts'
import { type MessageTime, mostMessages, type NewMessage, type TaskMessage } from '../../core/task/message.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { canBeInterrupted, isReachable, TransitionError } from '../../core/task/transition.ts'
import { entryExists } from '../../lib/files/look.ts'
import type { Lifetime } from '../lifetime.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { shareNames } from '../record/task-files.ts'
import type { TaskRecord } from '../record/task-record.ts'

export interface TaskMessagesOptions {
  readonly catalog: Pick<TaskCatalog, 'get'>
  /** The record of a task that is followed or waits; it alone may be written. */
  readonly recordOf: (id: TaskId) => TaskRecord | undefined
  readonly lifetime: Pick<Lifetime, 'isOver'>
}

/** Takes what users say to agents at work: it is on record before the caller has its answer, and the carrier of the task brings it to the guest. */
export class TaskMessages {
  readonly #options: TaskMessagesOptions

  constructor(options: TaskMessagesOptions) {
    this.#options = options
  }

  /** Resolves with the message's id when it is on record. @throws AppError that says why the agent will not read it. */
  async say(id: TaskId, text: string, when: MessageTime): Promise<string> {
    validateDescription(text)
    return (await this.#send(id, { id: randomUUID(), kind: 'text', text, when })).id
  }

  /** Resolves when it is on record that the agent is to stop what it does and to wait for a text. @throws AppError */
  async interrupt(id: TaskId): Promise<void> {
    const task = await this.#options.catalog.get(id)
    if (isReachable(task) && !canBeInterrupted(task)) throw nothingToInterrupt(id)
    const sent = await this.#send(id, { id: randomUUID(), kind: 'interrupt' })
    if (sent.state === 'lost') throw nothingToInterrupt(id) // It left its machine at this moment.
  }

  /** Resolves when it is on record that the agent is not to wait for more once it is done. @throws AppError */
  async finish(id: TaskId): Promise<void> {
    await this.#send(id, { id: randomUUID(), kind: 'finish' })
  }

  async #send(id: TaskId, message: NewMessage): Promise<TaskMessage> {
    const { catalog, recordOf, lifetime } = this.#options
    const task = await catalog.get(id)
    if (lifetime.isOver) throw new AppError('interrupted', 'The orchestrator is shutting down')
    if (!isReachable(task)) throw tooLate(task)
    if (task.messages.length >= mostMessages) {
      throw new AppError('argument-invalid', `Task ${id} was told ${mostMessages} things, which is the most`, {
        hint: 'Wait for its end and continue it',
      })
    }
    const record = recordOf(id)
    if (record === undefined) {
      throw new AppError('task-busy', `Task ${id} is on its way to its slot`, { hint: 'Try again in a moment' })
    }
    if (await hasClosed(record)) throw tooLate(task)
    try {
      const { messages } = await record.add({ type: 'message-sent', message })
      return messages.findLast((sent) => sent.id === message.id) ?? { ...message, sentAt: '', state: 'lost' }
    } catch (error) {
      if (error instanceof TransitionError) throw tooLate(record.task) // It ended at this moment.
      throw error
    }
  }
}

/** What a guest says of itself, which only keeps its own task from being told more. */
const hasClosed = async ({ task, files }: TaskRecord): Promise<boolean> =>
  canBeInterrupted(task) && (await entryExists(join(files.share, shareNames.inboxClosed)))

const nothingToInterrupt = (id: TaskId): AppError =>
  new AppError('task-busy', `Task ${id} does not work yet, so there is nothing to interrupt`, {
    hint: 'A text that is sent now is read when it begins; cancel_task ends it',
  })

const tooLate = ({ id, state }: Task): AppError =>
  state.phase === 'finished'
    ? new AppError('task-ended', `Task ${id} has ended`, { hint: 'continue_task has it go on with a further text' })
    : new AppError('task-busy', `It is too late: the agent of task ${id} has come to its end`, {
        hint: 'Wait for the end of the task; continue_task then has it go on with a further text',
      })
