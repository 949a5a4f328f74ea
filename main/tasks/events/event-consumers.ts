import type { CursorFile } from './cursor-file.ts'
import type { LoggedEvent } from './logged-event.ts'

/** Someone who hears of ends: each consumer hears of every one, whatever the others have heard. */
export interface Consumer {
  readonly name: string
  /**
   * The next end that this consumer has not heard; waits for one when there is none. With `after`, the first one with a higher
   * number instead, heard or not. Rejects with the signal's reason when it fires.
   */
  next(options: { readonly after?: number }, signal: AbortSignal): Promise<Delivery>
  /** The same without waiting: undefined when there is none. */
  take(options: { readonly after?: number }): Delivery | undefined
  /** Whether someone is there to hear; the ends of an absent consumer's tasks are reported to anyone who comes next. */
  setPresent(present: boolean): void
  /** The end of a consumer that is not durable; nothing for one that is. */
  leave(): void
}

/** An end on its way to a consumer. One of the two must be called; until then no other call of the consumer gets it. */
export interface Delivery {
  readonly event: LoggedEvent
  /** How many more wait for this consumer. */
  readonly pending: number
  /** It arrived: the cursor moves. Resolves when that is stored. */
  acknowledge(): Promise<void>
  /** It did not arrive: the next call gets it. */
  release(): void
}

interface State {
  readonly name: string
  readonly durable: boolean
  /** The newest event when the consumer joined. */
  readonly start: number
  /** Everything up to here is heard. */
  cursor: number
  /** Heard beyond the cursor, out of order. */
  readonly ahead: Set<number>
  readonly inFlight: Set<number>
  present: boolean
  seenAt: string
}

const dayMs = 24 * 60 * 60_000
/** A durable consumer that has not come back for so long is gone. */
const durableDays = 30
/** An end that no one asked about for so long is history. */
const unheardDays = 14
const unheardLimit = 100
const durableLimit = 200

/** Who has heard what. Pure bookkeeping over the events; only `CursorFile` touches the disk. */
export class Consumers {
  readonly #events: readonly LoggedEvent[]
  readonly #file: CursorFile
  readonly #states = new Map<string, State>()
  readonly #unheard: Set<number>
  readonly #waiters = new Set<() => void>()
  #lastSeq: number

  /** `lastSeq`: the highest number ever given, as far as is known; the event itself may be lost. */
  constructor(events: readonly LoggedEvent[], file: CursorFile, lastSeq: number) {
    this.#lastSeq = lastSeq
    this.#events = events
    this.#file = file
    const { consumers, unheard, head } = file.content
    const now = Date.now()
    for (const [name, { cursor, start, seenAt }] of Object.entries(consumers)) {
      if (Date.parse(seenAt) < now - durableDays * dayMs) continue
      this.#states.set(name, {
        name,
        durable: true,
        start,
        cursor,
        ahead: new Set(),
        inFlight: new Set(),
        present: false,
        seenAt,
      })
    }
    const known = new Set(unheard)
    const recent = events.filter(
      ({ seq, owner, at }) =>
        owner !== null && (known.has(seq) || seq > head) && Date.parse(at) >= now - unheardDays * dayMs,
    )
    this.#unheard = new Set(recent.slice(-unheardLimit).map(({ seq }) => seq))
  }

  async join(name: string, durable: boolean): Promise<Consumer> {
    const known = this.#states.get(name)
    const state: State = known ?? {
      name,
      durable,
      start: this.#lastSeq,
      cursor: this.#lastSeq,
      ahead: new Set(),
      inFlight: new Set(),
      present: true,
      seenAt: '',
    }
    state.present = true
    state.seenAt = new Date().toISOString()
    this.#states.set(name, state)
    if (state.durable) {
      this.#forgetOldest()
      await this.save()
    }
    return {
      name,
      next: (options, signal) => this.#next(state, options.after, signal),
      take: (options) => this.#take(state, options.after),
      setPresent: (present) => {
        if (state.present === present) return
        state.present = present
        if (!present) this.#wake() // Others may now hear what this one has not.
      },
      leave: () => {
        if (state.durable) return
        state.present = false
        this.#states.delete(name)
        this.#wake()
      },
    }
  }

  /** The event is in the log. */
  announce(event: LoggedEvent): void {
    this.#lastSeq = event.seq
    if (event.owner !== null) this.#unheard.add(event.seq)
    this.#wake()
  }

  async #next(state: State, after: number | undefined, signal: AbortSignal): Promise<Delivery> {
    for (;;) {
      signal.throwIfAborted()
      const delivery = this.#take(state, after)
      if (delivery) return delivery
      await this.#changed(signal)
    }
  }

  #take(state: State, after: number | undefined): Delivery | undefined {
    const waiting = after === undefined ? this.#waitingFor(state) : this.#events.filter(({ seq }) => seq > after)
    const [event] = waiting
    if (!event) return undefined
    // A replay is the client's own bookkeeping: it takes nothing away from another call.
    if (after === undefined) state.inFlight.add(event.seq)
    return {
      event,
      pending: waiting.length - 1,
      acknowledge: async () => {
        state.inFlight.delete(event.seq)
        if (this.#heard(state, event)) await this.save()
      },
      release: () => {
        if (state.inFlight.delete(event.seq)) this.#wake()
      },
    }
  }

  #waitingFor(state: State): readonly LoggedEvent[] {
    return this.#events.filter((event) => {
      const { seq } = event
      if (state.inFlight.has(seq)) return false
      if (seq <= state.start) return this.#unheard.has(seq) && this.#mayHearFor(state, event)
      return seq > state.cursor && !state.ahead.has(seq)
    })
  }

  /** Whether the consumer asked for the task, or the one that did is gone. */
  #mayHearFor(state: State, { owner }: LoggedEvent): boolean {
    if (owner === null) return false
    if (owner === state.name) return true
    const ownerState = this.#states.get(owner)
    return !ownerState || !(ownerState.durable || ownerState.present)
  }

  /** Marks it; true when the file has to be written. */
  #heard(state: State, event: LoggedEvent): boolean {
    const wasUnheard = this.#mayHearFor(state, event) && this.#unheard.delete(event.seq)
    if (event.seq <= state.cursor) return wasUnheard
    state.ahead.add(event.seq)
    const before = state.cursor
    for (const { seq } of this.#events) {
      if (seq <= state.cursor) continue
      if (!state.ahead.delete(seq)) break
      state.cursor = seq
    }
    return wasUnheard || (state.durable && state.cursor !== before)
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake()
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(wake)
        signal.removeEventListener('abort', abort)
      }
      const wake = (): void => {
        leave()
        resolve()
      }
      const abort = (): void => {
        leave()
        reject(signal.reason)
      }
      this.#waiters.add(wake)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  #forgetOldest(): void {
    const durable = [...this.#states.values()].filter((state) => state.durable)
    durable.sort((a, b) => b.seenAt.localeCompare(a.seenAt))
    for (const { name } of durable.slice(durableLimit)) this.#states.delete(name)
  }

  /** Stores where every durable consumer is. Never rejects. */
  save(): Promise<void> {
    const durable = [...this.#states.values()].filter((state) => state.durable)
    return this.#file.save({
      schemaVersion: 1,
      head: this.#lastSeq,
      unheard: [...this.#unheard],
      consumers: Object.fromEntries(
        durable.map(({ name, cursor, start, seenAt }) => [name, { cursor, start, seenAt }]),
      ),
    })
  }
}
