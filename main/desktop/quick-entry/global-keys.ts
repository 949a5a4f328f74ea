import { globalShortcut } from 'electron'

/** The keys that work in every program; none at first. */
export class GlobalKeys {
  readonly #onPress: () => void
  #held: string | null = null

  constructor(onPress: () => void) {
    this.#onPress = onPress
  }

  get held(): string | null {
    return this.#held
  }

  /**
   * Takes these keys in place of the former ones; null gives them back.
   * @returns false when another program has them, with the former ones kept.
   */
  take(keys: string | null): boolean {
    if (keys === this.#held) return true
    if (keys !== null && !globalShortcut.register(keys, this.#onPress)) return false
    if (this.#held !== null) globalShortcut.unregister(this.#held)
    this.#held = keys
    return true
  }
}
