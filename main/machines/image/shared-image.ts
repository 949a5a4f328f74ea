import { orAborted } from '../../lib/or-aborted.ts'
import type { Watchable } from '../../lib/watchable.ts'
import type { GuestImage } from './image-source.ts'

interface Making {
  readonly image: Promise<GuestImage>
  readonly giveUp: AbortController
  waiting: number
  isMade: boolean
}

type Ensure = (onProgress: (line: string) => void, signal: AbortSignal) => Promise<GuestImage>

/**
 * One image for all machines: it is built or fetched when the first of them needs it, once for all who wait for it, and given up when nobody
 * waits any more. After a failure the next who asks has it tried again.
 */
export class SharedImage {
  readonly #ensure: Ensure
  readonly #progress: Watchable<string | null>
  #making: Making | undefined

  /** @param progress is told how far it is, in one line for a person, and null when nothing goes on. */
  constructor(ensure: Ensure, progress: Watchable<string | null>) {
    this.#ensure = ensure
    this.#progress = progress
  }

  /** @throws what fires the signal, at once; else as `ensureGuestImage` does. */
  async get(signal: AbortSignal): Promise<GuestImage> {
    signal.throwIfAborted()
    this.#making ??= this.#make()
    const making = this.#making
    making.waiting += 1
    try {
      return await orAborted(making.image, signal)
    } finally {
      making.waiting -= 1
      if (making.waiting === 0 && !making.isMade) {
        making.giveUp.abort()
        this.#forget(making)
      }
    }
  }

  #make(): Making {
    const giveUp = new AbortController()
    const tell = (line: string): void => {
      if (!giveUp.signal.aborted) this.#progress.set(line)
    }
    const making: Making = { image: this.#ensure(tell, giveUp.signal), giveUp, waiting: 0, isMade: false }
    making.image.then(
      () => {
        making.isMade = true
        this.#progress.set(null)
      },
      () => this.#forget(making),
    )
    return making
  }

  #forget(making: Making): void {
    if (this.#making !== making) return
    this.#making = undefined
    this.#progress.set(null)
  }
}
