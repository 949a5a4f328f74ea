import { setTimeout as sleep } from 'node:timers/promises'
import { defaultHoldMs } from '../../core/bounds.ts'
import { messageOf } from '../../core/failure.ts'
import type { TaskMessage } from '../../core/task/message.ts'
import { mayWait } from '../../core/task/waits-for-user.ts'
import { GrowingGuestFile } from '../../lib/guest/growing-guest-file.ts'
import { readGuestFile } from '../../lib/guest/guest-file.ts'
import { scrubText } from '../../lib/guest/scrub.ts'
import type { Log } from '../../lib/log.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import type { EventLog } from '../events/event-log.ts'
import { shareNames } from '../record/task-files.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { announceIdle } from './announce-idle.ts'
import { placeMessages } from './place-messages.ts'
import { Receipts } from './receipts.ts'

const pollMs = 500
const saidLimitBytes = 64 * 1024
/** In characters. */
const saidLimit = 16_000

interface CarrierOptions {
  readonly record: TaskRecord
  readonly driver: Pick<MachineDriver, 'prepareOwnership'>
  readonly events: Pick<EventLog, 'append' | 'hasIdle'>
  /** The key that the guest was given: no text of its is kept with it. */
  readonly secret: string
  readonly log: Log
}

/**
 * Sees to it that the agent of one machine hears of each message on its task's record, and puts on record what it has read and when it has
 * nothing to do. All that decides is on record and in the share, so it can begin once more after a crash at any point: a message is laid down
 * until there is a receipt for it, and the guest takes each id once.
 */
export class MessageCarrier {
  readonly #options: CarrierOptions
  readonly #receipts: Receipts
  readonly #stream: GrowingGuestFile
  /** The ids that were laid down last. */
  #placed = ''
  #hasWarned = false
  #carrying: Promise<void> = Promise.resolve()

  constructor(options: CarrierOptions) {
    const { record } = options
    this.#options = options
    this.#receipts = new Receipts((id) => record.task.messages.some((message) => message.id === id))
    this.#stream = new GrowingGuestFile(record.files.share, shareNames.stream)
  }

  /** Carries while the machine runs, until `over` fires. Rejects only where the record cannot be written. */
  carry(over: AbortSignal): Promise<void> {
    const carrying = this.#carry(over)
    this.#carrying = carrying.catch(() => undefined) // The caller has the error.
    return carrying
  }

  /** Once `over` has fired: resolves when nothing is written any more. */
  async ended(): Promise<void> {
    await this.#carrying
  }

  async #carry(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#place(over)
      await this.#look()
      await this.#lookForIdle() // After the stream: what it says of a text is older than a wait that came behind it.
      await sleep(pollMs, undefined, { signal: over, ref: false }).catch(() => undefined) // Only an abort ends it early.
    }
  }

  /** With the machine off: puts on record what the rest of its stream says. */
  async readToEnd(): Promise<void> {
    await this.#carrying
    for (let before = -1; before < this.#stream.offset && this.#isAwaiting; ) {
      before = this.#stream.offset
      await this.#look()
    }
  }

  async #lookForIdle(): Promise<void> {
    const { record, events, secret } = this.#options
    const { state, holdMs = defaultHoldMs } = record.task
    if (state.phase !== 'working' && state.phase !== 'waiting') return
    const waiting = await readGuestFile(record.files.share, shareNames.agentWaits, saidLimitBytes)
    const isIdle = waiting.kind === 'read' || waiting.why === 'too-large'
    if (isIdle && state.phase === 'working' && mayWait(record.task)) {
      const text = waiting.kind === 'read' ? scrubText(waiting.bytes.toString(), secret).trim() : ''
      const until = new Date(Date.now() + holdMs).toISOString()
      await record.add({ type: 'agent-waits', until, said: text === '' ? null : text.slice(0, saidLimit) })
    }
    if (!isIdle && state.phase === 'waiting') await record.add({ type: 'agent-works' })
    await announceIdle(record, events)
  }

  get #isAwaiting(): boolean {
    return this.#options.record.task.messages.some(({ state }) => state === 'queued' || state === 'delivered')
  }

  async #place(signal: AbortSignal): Promise<void> {
    const { record, driver, log } = this.#options
    const waiting = record.task.messages.filter(({ state }) => state === 'queued')
    const ids = waiting.map(({ id }) => id).join()
    if (ids === this.#placed || ids === '') return
    try {
      await placeMessages(record.files, waiting, driver, signal)
      this.#placed = ids
    } catch (error) {
      if (signal.aborted || this.#hasWarned) return // It is tried again; what is never laid down is lost at the end.
      this.#hasWarned = true
      log.warn('messages could not be laid down for the agent', { reason: messageOf(error) })
    }
  }

  async #look(): Promise<void> {
    if (!this.#isAwaiting) return
    await this.#stream.look((chunk) => this.#receipts.add(chunk))
    const { delivered, answered } = this.#receipts
    await this.#mark('answered', ({ id, state }) => state !== 'answered' && answered.has(id))
    await this.#mark('delivered', ({ id, state }) => state === 'queued' && delivered.has(id))
  }

  async #mark(as: 'delivered' | 'answered', isNew: (message: TaskMessage) => boolean): Promise<void> {
    const { record } = this.#options
    const ids = record.task.messages.filter((message) => message.state !== 'lost' && isNew(message)).map(({ id }) => id)
    if (ids.length > 0) await record.add({ type: 'messages-read', ids, as })
  }
}
