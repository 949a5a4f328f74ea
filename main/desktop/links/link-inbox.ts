import { app } from 'electron'
import type { TaskId } from '../../core/task/task.ts'
import { linkScheme, linksIn, taskOfLink } from './task-link.ts'

/**
 * Links that the system hands to the app: on macOS by an event, which can come before the app is ready, elsewhere in the arguments of a
 * start. All that follows from one is that its task is shown.
 */
export class LinkInbox {
  #waiting: TaskId | undefined
  #onTask: ((id: TaskId) => void) | undefined

  /** Call before the app is ready. */
  constructor(args: readonly string[]) {
    app.on('open-url', (event, link) => {
      event.preventDefault()
      this.take([link])
    })
    this.take(linksIn(args))
  }

  /** Declares the app for its links. In a checkout that would name Electron's own binary. */
  register(): void {
    if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme)
  }

  /** Has each link reported; the last that came before is reported now. */
  open(onTask: (id: TaskId) => void): void {
    this.#onTask = onTask
    if (this.#waiting) onTask(this.#waiting)
  }

  take(links: readonly string[]): void {
    const id = links.map(taskOfLink).findLast((found) => found !== undefined)
    if (!id) return
    if (this.#onTask) this.#onTask(id)
    else this.#waiting = id
  }
}
