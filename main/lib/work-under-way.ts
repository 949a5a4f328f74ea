/** What is under way in the background, for an end that waits for it. */
export class WorkUnderWay {
  readonly #open = new Set<Promise<void>>()

  /** @param work never rejects. */
  follow(work: Promise<void>): void {
    const open = work.finally(() => this.#open.delete(open))
    this.#open.add(open)
  }

  /** Resolves when all of it is over, with what was begun meanwhile. */
  async over(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open)
  }
}
