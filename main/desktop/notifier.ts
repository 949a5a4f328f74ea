import { Notification } from 'electron'
import type { Place } from '../../preload/host.ts'
import type { EndNotice } from './notices.ts'

/** Shows notices in the system's notification centre; what it does not take goes to `fallback`. */
export class Notifier {
  readonly #onClick: (place: Place | null) => void
  readonly #fallback: (notice: EndNotice) => void
  /** Kept, because one that no one holds is collected with its click. */
  readonly #shown = new Set<Notification>()

  constructor(onClick: (place: Place | null) => void, fallback: (notice: EndNotice) => void) {
    this.#onClick = onClick
    this.#fallback = fallback
  }

  tell(notice: EndNotice): void {
    if (!Notification.isSupported()) {
      this.#fallback(notice)
      return
    }
    const notification = new Notification({ title: notice.title, body: notice.body })
    this.#shown.add(notification)
    const forget = () => this.#shown.delete(notification)
    notification.on('click', () => {
      forget()
      this.#onClick(notice.place)
    })
    notification.on('close', forget)
    // macOS refuses those of an app that is not signed.
    notification.on('failed', () => {
      forget()
      this.#fallback(notice)
    })
    notification.show()
  }
}
