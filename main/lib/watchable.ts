/** A value that tells when it changes. */
export class Watchable<Value> {
  readonly #watchers = new Set<(value: Value) => void>()
  #value: Value

  constructor(value: Value) {
    this.#value = value
  }

  get value(): Value {
    return this.#value
  }

  set(value: Value): void {
    this.#value = value
    for (const watcher of this.#watchers) watcher(value)
  }

  /** Watchers must not throw. @returns the end of it. */
  watch(watcher: (value: Value) => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }
}
