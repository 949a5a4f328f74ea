import { Notification } from 'electron'
import type { DesktopAction } from '../menu/entries.ts'
import type { Notice } from './notices.ts'

/** A notice of the app itself, about nothing that the window has a page for. */
export type ShortNotice = Pick<Notice, 'title' | 'body' | 'place'> & Partial<Notice>

export interface NotifierOptions {
  readonly onAction: (action: DesktopAction) => void
  /** Shows what the system does not take. */
  readonly fallback: (notice: Pick<Notice, 'title' | 'body' | 'place'>) => void
  /** Whether a notification may be heard. */
  readonly withSound: () => boolean
}

/** Shows notices in the system's notification centre. */
export class Notifier {
  readonly #options: NotifierOptions
  /** Kept, because one that no one holds is collected with its click. */
  readonly #shown = new Set<Notification>()

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  tell(notice: ShortNotice): void {
    const { onAction, withSound } = this.#options
    const { title, body, place, about, group, actions = [] } = notice
    if (!Notification.isSupported()) {
      this.#fallBack(notice)
      return
    }
    const notification = new Notification({
      title,
      body,
      silent: !withSound(),
      ...(about !== undefined && { id: about }),
      ...(group !== undefined && { groupId: group }),
      actions: actions.map(({ label }) => ({ type: 'button', text: label })),
    })
    this.#shown.add(notification)
    const forget = () => this.#shown.delete(notification)
    notification.on('click', () => {
      forget()
      onAction({ kind: 'show', place })
    })
    notification.on('action', ({ actionIndex }) => {
      forget()
      const chosen = actions[actionIndex]
      if (chosen) onAction(chosen.action)
    })
    notification.on('close', forget)
    // macOS refuses those of an app that is not signed.
    notification.on('failed', () => {
      forget()
      this.#fallBack(notice)
    })
    notification.show()
  }

  #fallBack({ title, body, place }: ShortNotice): void {
    this.#options.fallback({ title, body, place })
  }
}
