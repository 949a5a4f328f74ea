import { randomUUID } from 'node:crypto'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Consumer } from '../tasks/events/event-consumers.ts'

/** One client that has said hello. */
export interface Session {
  readonly id: string
  readonly server: Server
  readonly transport: StreamableHTTPServerTransport
  readonly consumer: Consumer
  /** Responses under way; a client that keeps its event stream open has always one. */
  open: number
  /** When the last response ended, by `performance.now()`: a clock that jumps ends no session. */
  idleSince: number
}

export interface SessionLimits {
  readonly maxSessions: number
  /** A session with no response under way is forgotten after so long; its client starts a new one when it comes back. */
  readonly idleMs: number
  /** After so long with no response under way no one is thought to be there. */
  readonly absentMs: number
}

export const defaultLimits: SessionLimits = { maxSessions: 128, idleMs: 60 * 60_000, absentMs: 30_000 }

/** A change is told so long after it at most; every call of a tool is two. */
const tellMs = 50

/** The sessions that are known, no more than the limit, and the end of those that no one uses. */
export class Sessions {
  readonly #limits: SessionLimits
  readonly #sessions = new Map<string, Session>()
  readonly #sweep: NodeJS.Timeout
  readonly #onChange: (sessions: Iterable<Session>) => void
  #telling: NodeJS.Timeout | undefined

  /** `onChange` is told the sessions a moment after one came or went, or a response to it began or ended. */
  constructor(limits: SessionLimits, onChange: (sessions: Iterable<Session>) => void = () => undefined) {
    this.#limits = limits
    this.#onChange = onChange
    const everyMs = Math.max(10, Math.min(limits.idleMs, limits.absentMs) / 2)
    this.#sweep = setInterval(() => this.#reap(), everyMs).unref()
  }

  get size(): number {
    return this.#sessions.size
  }

  newId(): string {
    return randomUUID()
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** False when there are too many and all of them are in use. */
  makeRoom(): boolean {
    if (this.#sessions.size < this.#limits.maxSessions) return true
    const idle = [...this.#sessions.values()].filter(({ open }) => open === 0)
    const [oldest] = idle.sort((a, b) => a.idleSince - b.idleSince)
    if (!oldest) return false
    this.remove(oldest)
    return true
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session)
    session.server.oninitialized = () => this.#changed()
    this.#changed()
  }

  /** A response of the session is under way; call the result when it has ended. */
  hold(session: Session): () => void {
    session.open++
    session.consumer.setPresent(true)
    this.#changed()
    return () => {
      session.open--
      session.idleSince = performance.now()
      this.#changed()
    }
  }

  /** Ends the session: its calls are cancelled, its streams closed, its consumer leaves. Harmless when it has ended. */
  remove(session: Session): void {
    if (!this.#sessions.delete(session.id)) return
    session.consumer.leave()
    void session.server.close()
    this.#changed()
  }

  close(): void {
    clearInterval(this.#sweep)
    for (const session of [...this.#sessions.values()]) this.remove(session)
    clearTimeout(this.#telling)
  }

  #changed(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      this.#onChange(this.#sessions.values())
    }, tellMs).unref()
  }

  #reap(): void {
    const now = performance.now()
    for (const session of [...this.#sessions.values()]) {
      if (session.open > 0) continue
      const idleMs = now - session.idleSince
      if (idleMs >= this.#limits.idleMs) this.remove(session)
      else if (idleMs >= this.#limits.absentMs) session.consumer.setPresent(false)
    }
  }
}
