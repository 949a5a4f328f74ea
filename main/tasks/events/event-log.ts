import { join } from 'node:path'
import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { JsonLinesFile } from '../../lib/files/json-lines.ts'
import { ensurePrivateFolder, unusable } from '../../lib/files/private-folder.ts'
import type { Log } from '../../lib/log.ts'
import { compactEvents, eventsKept } from './compact-events.ts'
import { CursorFile } from './cursor-file.ts'
import { type Consumer, Consumers } from './event-consumers.ts'
import { isEnd, type LoggedEnd, type LoggedEvent, type NewEvent } from './logged-event.ts'
import { readEvents } from './read-events.ts'

export interface EventLog extends AsyncDisposable {
  /** The sequence number of the newest event; 0 when there is none. */
  readonly head: number
  /** Resolves when the event is on disk (fsync); only then are waiters woken. */
  append<Event extends NewEvent>(event: Event): Promise<Event & Pick<LoggedEvent, 'seq' | 'at'>>
  /** The end of the task if it is in the log; of one that was continued since, the end after its former one. */
  endOf(task: Pick<TaskBrief, 'id' | 'former'>): Promise<LoggedEnd | undefined>
  /** Whether the log tells that the task's agent began to wait then. */
  hasIdle(id: TaskId, since: string): boolean
  /** Events with a higher sequence number, oldest first. */
  read(after: number): readonly LoggedEvent[]
  /** Calls the listener after each event, once it is on disk; it must not throw. @returns the end of it. */
  watch(listener: () => void): () => void
  /**
   * Makes the consumer known, or finds it again. A new one starts at the head: it hears what ends from now on, and of earlier
   * ends that no one heard in the place of an owner that is gone.
   * `durable` ones keep their cursor over restarts; the others are gone when they leave.
   */
  join(name: string, options: { readonly durable: boolean }): Promise<Consumer>
}

/**
 * Opens or makes `events.jsonl` and `cursors.json` in the folder. One process at a time.
 * @throws AppError('home-unusable' | 'disk-full')
 */
export async function openEventLog({
  directory,
  log: messages,
  keep = eventsKept,
}: {
  readonly directory: string
  readonly log: Log
  /** How many of the newest ends stay, heard or not. */
  readonly keep?: number
}): Promise<EventLog> {
  await ensurePrivateFolder(directory)
  const path = join(directory, 'events.jsonl')
  const { events, damaged } = await readEvents(path, messages)
  const cursors = await CursorFile.open(join(directory, 'cursors.json'), messages)
  // A damaged line had a number too, and someone may have heard it.
  const lastSeq = Math.max(events.at(-1)?.seq ?? 0, cursors.content.head) + damaged
  const kept = await compactEvents(path, events, cursors.content, keep, messages)
  const { file } = await JsonLinesFile.openWithBytes(path).catch((error: unknown) => {
    throw unusable(path, error)
  })
  const log = new DurableEventLog(file, kept, lastSeq, cursors)
  if (damaged > 0) await log.keepNumbers()
  return log
}

class DurableEventLog implements EventLog {
  readonly #file: JsonLinesFile
  readonly #events: LoggedEvent[]
  readonly #ends = new Map<TaskId, LoggedEnd>()
  /** Since when each task's agent waited last. */
  readonly #idle = new Map<TaskId, string>()
  readonly #cursors: CursorFile
  readonly #consumers: Consumers
  readonly #listeners = new Set<() => void>()
  #lastSeq: number

  constructor(file: JsonLinesFile, events: readonly LoggedEvent[], lastSeq: number, cursors: CursorFile) {
    this.#file = file
    this.#events = [...events]
    for (const event of events) this.#note(event)
    this.#cursors = cursors
    this.#consumers = new Consumers(this.#events, cursors, lastSeq)
    this.#lastSeq = lastSeq
  }

  /** Stores the highest number given, for the case that its event is not in the file any more. */
  keepNumbers(): Promise<void> {
    return this.#consumers.save()
  }

  get head(): number {
    return this.#events.at(-1)?.seq ?? 0
  }

  async append<Event extends NewEvent>(event: Event): Promise<Event & Pick<LoggedEvent, 'seq' | 'at'>> {
    const logged = { seq: ++this.#lastSeq, at: new Date().toISOString(), ...event }
    await this.#file.append(logged)
    this.#events.push(logged)
    this.#note(logged)
    this.#consumers.announce(logged)
    for (const listener of this.#listeners) listener()
    return logged
  }

  #note(event: LoggedEvent): void {
    if (isEnd(event)) this.#ends.set(event.taskId, event)
    else if (event.type === 'idle') this.#idle.set(event.taskId, event.since)
  }

  hasIdle(id: TaskId, since: string): boolean {
    return this.#idle.get(id) === since
  }

  endOf({ id, former }: Pick<TaskBrief, 'id' | 'former'>): Promise<LoggedEnd | undefined> {
    const end = this.#ends.get(id)
    return Promise.resolve(end && end.seq > (former?.seq ?? 0) ? end : undefined)
  }

  read(after: number): readonly LoggedEvent[] {
    // Numbers grow: who asks knows all but the newest, and those are at the end.
    return this.#events.slice(this.#events.findLastIndex(({ seq }) => seq <= after) + 1)
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  join(name: string, { durable }: { readonly durable: boolean }): Promise<Consumer> {
    return this.#consumers.join(name, durable)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cursors.idle()
    await this.#file[Symbol.asyncDispose]()
  }
}
