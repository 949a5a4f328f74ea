import { ProtocolError } from '../frames.ts'

/** What a clone held at the moment in which it was asked for. */
export interface Looked {
  readonly commit: string
  readonly notes: readonly string[]
}

/** The one question of a connection that has an answer: what the task has now. Who asks meanwhile has the same answer. */
export class Looks {
  readonly #ask: () => void
  #asked: PromiseWithResolvers<Looked | null> | undefined

  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** Resolves with null where it cannot be read this time, or the connection ends before the answer. */
  look(): Promise<Looked | null> {
    if (!this.#asked) {
      this.#asked = Promise.withResolvers()
      this.#ask()
    }
    return this.#asked.promise
  }

  /** @throws ProtocolError for an answer to nothing. */
  hear(seen: Looked | null): void {
    if (!this.#asked) throw new ProtocolError('An answer that nobody asked for')
    this.#asked.resolve(seen)
    this.#asked = undefined
  }

  close(): void {
    this.#asked?.resolve(null)
    this.#asked = undefined
  }
}
