import { basename, dirname } from 'node:path'
import type { Steps } from '../../../preload/task-details.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { GrowingGuestFile } from '../../lib/guest/growing-guest-file.ts'
import { filesOf, shareNames } from '../../tasks/record/task-files.ts'
import { MaskedSteps } from './masked-steps.ts'

/** So many tasks' steps are kept read; those of others are read again when asked for. */
const keptReaders = 8

interface Reader {
  readonly stream: GrowingGuestFile
  steps: MaskedSteps
  /** One look at a time. */
  looking: Promise<void>
}

/** What Claude did, task by task: from the stream in the share while the machine runs, from the checked copy afterwards. */
export class StepReader {
  readonly #readers = new Map<string, Reader>()
  readonly #secrets: () => Promise<readonly string[]>

  /** `secrets` are never shown. */
  constructor(secrets: () => Promise<readonly string[]>) {
    this.#secrets = secrets
  }

  async read(task: Task, after: number): Promise<Steps> {
    const ended = task.state.phase === 'finished'
    const reader = this.#readerOf(task, ended)
    reader.looking = reader.looking.then(() => this.#look(reader))
    await reader.looking
    const { log } = reader.steps
    const { from, steps } = log.since(after)
    return { from, steps, next: log.changes, ended }
  }

  async #look(reader: Reader): Promise<void> {
    const secrets = await this.#secrets()
    for (;;) {
      const before = reader.stream.offset
      await reader.stream.look(
        (chunk) => reader.steps.add(chunk, secrets),
        () => {
          reader.steps = new MaskedSteps()
        },
      )
      if (reader.stream.offset <= before) return
    }
  }

  #readerOf(task: Task, ended: boolean): Reader {
    const key = readerKey(task.id, ended)
    const reader = this.#readers.get(key) ?? newReader(task, ended)
    // The last one used is the last one to go.
    this.#readers.delete(key)
    this.#readers.set(key, reader)
    const [oldest] = this.#readers.keys()
    if (this.#readers.size > keptReaders && oldest !== undefined) this.#readers.delete(oldest)
    return reader
  }
}

const readerKey = (id: TaskId, ended: boolean): string => `${id} ${ended ? 'kept' : 'live'}`

function newReader(task: Task, ended: boolean): Reader {
  const { share, stream } = filesOf(task)
  return {
    stream: ended
      ? new GrowingGuestFile(dirname(stream), basename(stream))
      : new GrowingGuestFile(share, shareNames.stream),
    steps: new MaskedSteps(),
    looking: Promise.resolve(),
  }
}
