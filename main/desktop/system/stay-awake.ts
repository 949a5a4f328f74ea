import { powerSaveBlocker } from 'electron'

/** Keeps the host from going to sleep while it is asked to. */
export class StayAwake {
  #blocker: number | undefined

  set(wanted: boolean): void {
    if (wanted === (this.#blocker !== undefined)) return
    if (this.#blocker === undefined) this.#blocker = powerSaveBlocker.start('prevent-app-suspension')
    else {
      powerSaveBlocker.stop(this.#blocker)
      this.#blocker = undefined
    }
  }
}
