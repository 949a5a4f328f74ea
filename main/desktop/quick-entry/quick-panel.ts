import { BrowserWindow, screen } from 'electron'
import type { RequestName } from '../../../preload/contract.ts'
import { AppError, toFailure } from '../../core/failure.ts'
import type { AnyReply } from '../../window/answer-call.ts'
import { lockContents, lockedPreferences } from '../window/locks.ts'
import type { OwnPages } from '../window/own-pages.ts'
import { panelUrl } from '../window/page-protocol.ts'
import { panelBounds } from './panel-bounds.ts'

interface QuickPanelOptions {
  readonly pages: OwnPages
  readonly onCall: (name: string, request: unknown) => Promise<AnyReply>
}

/** All that the page of the panel may ask. */
const mayAsk: ReadonlySet<string> = new Set<RequestName>(['quickEntry', 'leaveQuickEntry', 'runTask'])

/**
 * The panel for a quick task: over what the user does, on the display with the pointer, and gone when the user turns elsewhere. Its page
 * stays loaded, so that what was typed is there the next time.
 */
export class QuickPanel {
  readonly #options: QuickPanelOptions
  #window: BrowserWindow | undefined
  #loaded: Promise<void> = Promise.resolve()

  constructor(options: QuickPanelOptions) {
    this.#options = options
  }

  /** What the keys do: they show the panel, and hide it where the user has it before them. */
  async toggle(): Promise<void> {
    if (this.#window?.isVisible() && this.#window.isFocused()) this.hide()
    else await this.#show()
  }

  hide(): void {
    this.#window?.hide()
  }

  /** Nothing keeps the app from its end any more. */
  close(): void {
    this.#window?.destroy()
  }

  async #show(): Promise<void> {
    this.#window ??= this.#open()
    const window = this.#window
    await this.#loaded
    if (window.isDestroyed()) return
    window.setBounds(panelBounds(screen.getDisplayNearestPoint(screen.getCursorScreenPoint()).workArea))
    window.webContents.send('window:notice', 'quickEntryShown', {})
    window.show()
    window.focus()
  }

  #open(): BrowserWindow {
    const window = new BrowserWindow({
      ...panelBounds(screen.getPrimaryDisplay().workArea),
      show: false,
      frame: false,
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      title: 'Quick Task',
      // A panel of macOS takes the keyboard without bringing the whole app to the front.
      ...(process.platform === 'darwin' && { type: 'panel' }),
      webPreferences: lockedPreferences(),
    })
    window.setAlwaysOnTop(true, 'floating')
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true, skipTransformProcessType: true })
    lockContents(window.webContents)
    this.#options.pages.add(window.webContents, {
      url: panelUrl,
      onCall: (name, request) => this.#answer(name, request),
    })
    window.on('close', (event) => {
      event.preventDefault()
      window.hide()
    })
    window.on('blur', () => window.hide())
    window.on('closed', () => {
      this.#window = undefined
    })
    window.webContents.on('render-process-gone', () => window.webContents.reload())
    this.#loaded = window.loadURL(panelUrl)
    return window
  }

  async #answer(name: string, request: unknown): Promise<AnyReply> {
    if (mayAsk.has(name)) return await this.#options.onCall(name, request)
    const error = new AppError('argument-invalid', `The panel may not ask for '${name}'`)
    return { ok: false, failure: toFailure(error) }
  }
}
