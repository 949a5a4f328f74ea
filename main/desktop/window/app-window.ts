import { app, BrowserWindow, screen } from 'electron'
import type { NoticeName, Notices } from '../../../preload/contract.ts'
import type { Place } from '../../../preload/host.ts'
import { fromHash } from '../../../preload/place-hash.ts'
import type { AnyReply } from '../../window/answer-call.ts'
import { lockContents, lockedPreferences } from './locks.ts'
import type { OwnPages } from './own-pages.ts'
import { pageUrl } from './page-protocol.ts'
import type { Bounds, WindowMemory } from './window-memory.ts'

export interface AppWindowOptions {
  readonly pages: OwnPages
  readonly memory: WindowMemory
  readonly onCall: (name: string, request: unknown) => Promise<AnyReply>
  /** Told when it comes to be seen, or not to be. */
  readonly onVisible: (isVisible: boolean) => void
  /** Called when it shows another place, and when it comes to the front or leaves it. */
  readonly onFront: () => void
}

/** The app's one window; closing hides it. */
export class AppWindow {
  readonly #options: AppWindowOptions
  #window: BrowserWindow | undefined
  #loaded: Promise<void> = Promise.resolve()
  #spoken = Promise.withResolvers<void>()
  #mayClose = false

  constructor(options: AppWindowOptions) {
    this.#options = options
  }

  /** Shows the window, and in front of all others; opens it the first time. */
  async show(): Promise<void> {
    this.#window ??= this.#open()
    const window = this.#window
    await this.#loaded
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
    // An app of the menu bar stays behind the others when it shows a window.
    if (process.platform === 'darwin') app.focus({ steal: true })
  }

  /** What the window shows; undefined while there is none. */
  get place(): Place | undefined {
    const url = this.#window?.isDestroyed() === false ? URL.parse(this.#window.webContents.getURL()) : null
    return url ? fromHash(url.hash) : undefined
  }

  /** Whether the user has it before them. */
  get isInFront(): boolean {
    return this.#window?.isDestroyed() === false && this.#window.isVisible() && this.#window.isFocused()
  }

  /** Tells the page as soon as it listens, which it does before it asks anything; nothing while there is no window. */
  async tell<Name extends NoticeName>(name: Name, notice: Notices[Name]): Promise<void> {
    if (!this.#window) return
    await this.#spoken.promise
    this.#send(name, notice)
  }

  /** For what a page learns by its first questions too: nothing is kept for one that has asked nothing yet. */
  tellIfOpen<Name extends NoticeName>(name: Name, notice: Notices[Name]): void {
    if (this.#window) this.#send(name, notice)
  }

  #send(name: NoticeName, notice: unknown): void {
    if (this.#window && !this.#window.isDestroyed()) this.#window.webContents.send('window:notice', name, notice)
  }

  /** What it shows comes from another program now. */
  reload(): void {
    this.#window?.webContents.reload()
  }

  /** From here on closing closes. */
  letClose(): void {
    this.#mayClose = true
  }

  #open(): BrowserWindow {
    const { pages, memory, onCall, onVisible, onFront } = this.#options
    const window = new BrowserWindow({
      ...visibleBounds(memory.read()),
      minWidth: 720,
      minHeight: 480,
      show: false,
      title: 'microvm-orchestrator',
      ...(process.platform === 'darwin' && { titleBarStyle: 'hiddenInset' as const }),
      webPreferences: lockedPreferences(),
    })
    window.setMenuBarVisibility(false)
    lockContents(window.webContents)
    pages.add(window.webContents, {
      url: pageUrl,
      onCall: async (name, request) => {
        this.#spoken.resolve()
        return await onCall(name, request)
      },
    })
    window.on('close', (event) => {
      memory.write(window.getNormalBounds())
      if (this.#mayClose) return
      event.preventDefault()
      window.hide()
    })
    window.on('show', () => onVisible(true))
    window.on('hide', () => onVisible(false))
    window.on('focus', onFront)
    window.on('blur', onFront)
    window.webContents.on('did-navigate-in-page', onFront)
    window.on('closed', () => {
      this.#window = undefined
      this.#spoken = Promise.withResolvers()
    })
    // A page that crashed is as good as none: the next one starts over.
    window.webContents.on('render-process-gone', () => window.webContents.reload())
    this.#loaded = window.loadURL(pageUrl)
    return window
  }
}

/** Where it was, if a display is there still. */
function visibleBounds(bounds: Bounds | undefined): Partial<Bounds> {
  if (!bounds) return { width: 1120, height: 760 }
  const { workArea } = screen.getDisplayMatching(bounds)
  const isSeen =
    bounds.x < workArea.x + workArea.width &&
    bounds.x + bounds.width > workArea.x &&
    bounds.y >= workArea.y - 40 &&
    bounds.y < workArea.y + workArea.height
  return isSeen ? bounds : { width: bounds.width, height: bounds.height }
}
