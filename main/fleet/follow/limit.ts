/** Fires when so much time is over since another signal fired. */
export class Limit implements Disposable {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(after: AbortSignal, ms: number) {
    const start = (): void => {
      this.#timer = setTimeout(() => this.#controller.abort(), ms).unref()
    }
    if (after.aborted) start()
    else after.addEventListener('abort', start, { once: true, signal: this.#controller.signal })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#controller.abort()
  }
}
