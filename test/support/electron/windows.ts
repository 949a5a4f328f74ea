import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { app, preventable } from './application.ts'
import { browser, inside } from './inside.ts'
import { mainWorld, preloadWorld } from './page-worlds.ts'
import { decode, encode } from './plain.ts'
import { fromPage, handlerOf, permissions, session, toPage } from './protocol.ts'

const world = 'Electron Isolated Context'

class IpcMain extends EventEmitter {
  readonly #handlers = new Map<string, (event: object, ...args: unknown[]) => unknown>()

  handle(channel: string, handler: (event: object, ...args: unknown[]) => unknown): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.#handlers.set(channel, handler)
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel)
  }

  async _invoke(event: object, channel: string, args: unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel)
    if (!handler) throw new Error(`No handler registered for '${channel}'`)
    return await handler(event, ...args)
  }
}

export const ipcMain = new IpcMain()

interface Paused {
  readonly requestId: string
  readonly frameId: string
  readonly resourceType: string
  readonly request: {
    readonly url: string
    readonly method: string
    readonly headers: Record<string, string>
    readonly postData?: string
  }
}

const allContents = new Map<number, WebContents>()
let lastId = 0

/** A page of Chromium with the preload in an isolated world. */
class WebContents extends EventEmitter {
  readonly id = ++lastId
  readonly session: ReturnType<typeof session.fromPartition>
  readonly mainFrame = new MainFrame()
  readonly #opened: Promise<void>
  #target = ''
  #sessionId = ''
  #context: number | undefined
  #expected: string | undefined
  #isDestroyed = false
  #mayOpen: (details: { url: string }) => { action: 'allow' | 'deny' } = () => ({ action: 'allow' })

  constructor(preload: string | undefined, size: { width: number; height: number }, partition: string | undefined) {
    super()
    this.session = partition === undefined ? session.defaultSession : session.fromPartition(partition)
    allContents.set(this.id, this)
    this.#opened = this.#open(preload, size)
    setImmediate(() => app.emit('web-contents-created', {}, this))
  }

  #send(method: string, params: Readonly<Record<string, unknown>> = {}) {
    return browser().send(method, params, this.#sessionId)
  }

  async #open(preload: string | undefined, { width, height }: { width: number; height: number }): Promise<void> {
    const chromium = browser()
    const created = await chromium.send('Target.createTarget', { url: 'about:blank', newWindow: true, width, height })
    this.#target = created.targetId
    const attached = await chromium.send('Target.attachToTarget', { targetId: this.#target, flatten: true })
    this.#sessionId = attached.sessionId
    // biome-ignore lint/suspicious/noExplicitAny: events have as many shapes as the protocol has methods
    const on = (method: string, listener: (params: any) => void) =>
      chromium.on(`${this.#sessionId}/${method}`, listener)
    on(
      'Runtime.executionContextCreated',
      ({ context }: { context: { id: number; name: string; auxData?: { frameId: string } } }) => {
        if (context.name === world && context.auxData?.frameId === this.#target) this.#context = context.id
      },
    )
    on('Runtime.executionContextsCleared', () => {
      this.#context = undefined
    })
    on('Runtime.bindingCalled', ({ name, payload }: { name: string; payload: string }) => {
      if (name !== '__toMain') return
      const message = JSON.parse(payload)
      if (message.open === undefined) void this.#receive(message)
      else void this.#popUp(message.open)
    })
    on('Page.frameNavigated', ({ frame }: { frame: { url: string; parentId?: string } }) => {
      if (frame.parentId === undefined) this.mainFrame.url = fromPage(frame.url)
    })
    on('Page.navigatedWithinDocument', ({ frameId, url }: { frameId: string; url: string }) => {
      if (frameId !== this.#target) return
      this.mainFrame.url = fromPage(url)
      this.emit('did-navigate-in-page', {}, this.mainFrame.url, true, 1, 1)
    })
    on('Page.loadEventFired', () => this.emit('did-finish-load', {}))
    on('Fetch.requestPaused', (paused: Paused) => {
      this.#answer(paused).catch((error: unknown) => {
        if (!this.#isDestroyed) console.error('stand-in: a request failed', paused.request.url, error)
      })
    })
    chromium.on('Target.targetDestroyed', ({ targetId }: { targetId: string }) => {
      if (targetId === this.#target) this.#end()
    })
    const secret = randomUUID()
    await Promise.all([
      this.#send('Page.enable'),
      this.#send('Runtime.enable'),
      this.#send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
      this.#send('Runtime.addBinding', { name: '__toMain', executionContextName: world }),
      this.#send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorld(secret) }),
    ])
    if (preload === undefined) return
    const files = JSON.parse(process.env.STAND_IN_FILES ?? '{}') as Record<string, string>
    const source = preloadWorld(secret, readFileSync(preload, 'utf8'), files)
    await this.#send('Page.addScriptToEvaluateOnNewDocument', { worldName: world, source })
  }

  async #answer({ requestId, frameId, resourceType, request }: Paused): Promise<void> {
    const url = fromPage(request.url)
    const fail = (errorReason: string) => this.#send('Fetch.failRequest', { requestId, errorReason })
    if (resourceType === 'Document' && frameId === this.#target) {
      const expected = request.url === this.#expected
      this.#expected = undefined
      const event = preventable({ url, isMainFrame: true, frame: this.mainFrame })
      if (!expected) this.emit('will-navigate', event, url)
      if (event.defaultPrevented) return await fail('Aborted')
    } else if (resourceType === 'Document') {
      const event = preventable({ url, isMainFrame: false, frame: null })
      this.emit('will-frame-navigate', event)
      if (event.defaultPrevented) return await fail('Aborted')
    }
    if (url === request.url) return await this.#send('Fetch.continueRequest', { requestId })
    const respond = handlerOf(url)
    if (!respond) return await fail('AddressUnreachable')
    const { method, headers, postData } = request
    const asked = new Request(request.url, { method, headers, ...(postData !== undefined && { body: postData }) })
    Object.defineProperty(asked, 'url', { value: url })
    const response = await respond(asked)
    await this.#send('Fetch.fulfillRequest', {
      requestId,
      responseCode: response.status,
      responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    })
  }

  async #receive({ id, channel, args }: { id?: number; channel: string; args: string }): Promise<void> {
    const event = { sender: this, senderFrame: this.mainFrame, frameId: 1, processId: 1 }
    const given = decode(args) as unknown[]
    if (id === undefined) return void ipcMain.emit(channel, event, ...given)
    const reply = await ipcMain._invoke(event, channel, given).then(
      (value) => ({ id, value: encode(structuredClone(value)) }),
      (error: unknown) => ({ id, error: String(error) }),
    )
    this.#deliver(reply)
  }

  async #popUp(url: string): Promise<void> {
    const { action } = this.#mayOpen({ url: fromPage(url) })
    if (action === 'allow') await browser().send('Target.createTarget', { url })
  }

  #deliver(message: object): void {
    if (this.#isDestroyed || this.#context === undefined) return
    const expression = `__fromMain(${JSON.stringify(message)})`
    this.#send('Runtime.evaluate', { contextId: this.#context, expression }).catch(() => undefined) // It went meanwhile.
  }

  send(channel: string, ...args: unknown[]): void {
    if (this.#isDestroyed) throw new TypeError('Object has been destroyed')
    this.#deliver({ channel, args: encode(structuredClone(args)) })
  }

  async loadURL(url: string): Promise<void> {
    await this.#opened
    if (permissions.check) await this.#applyPermissions(url)
    const loaded = new Promise((resolve) => this.once('did-finish-load', resolve))
    this.#expected = toPage(url)
    const { errorText } = await this.#send('Page.navigate', { url: this.#expected })
    if (errorText) throw new Error(`${errorText} loading '${url}'`)
    await loaded
  }

  async #applyPermissions(url: string): Promise<void> {
    const origin = new URL(toPage(url)).origin
    for (const name of ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read']) {
      const setting = permissions.check?.(this, name) ? 'granted' : 'denied'
      await browser().send('Browser.setPermission', { permission: { name }, setting, origin })
    }
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'allow' | 'deny' }): void {
    this.#mayOpen = handler
  }

  getURL(): string {
    return this.mainFrame.url
  }

  reload(): void {
    this.#expected = toPage(this.mainFrame.url)
    void this.#send('Page.reload')
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  close(): void {
    BrowserWindow.fromWebContents(this)?.close()
  }

  _is(targetId: string): boolean {
    return this.#target === targetId
  }

  _kill(): void {
    void this.#opened.then(() => closeTarget(this.#target))
    this.#end()
  }

  #end(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    allContents.delete(this.id)
    this.emit('destroyed')
  }
}

class MainFrame {
  url = 'about:blank'
  readonly parent = null
}

const closeTarget = (targetId: string) =>
  browser()
    .send('Target.closeTarget', { targetId })
    .catch(() => undefined) // It is gone already.

export const webContents = {
  getAllWebContents: () => [...allContents.values()],
  fromId: (id: number) => allContents.get(id),
  fromDevToolsTargetId: (targetId: string) => [...allContents.values()].find((contents) => contents._is(targetId)),
}

interface WindowOptions {
  readonly width?: number
  readonly height?: number
  readonly x?: number
  readonly y?: number
  readonly show?: boolean
  readonly title?: string
  readonly webPreferences?: Electron.WebPreferences
}

const required = { sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true }

export class BrowserWindow extends EventEmitter {
  static readonly #all = new Set<BrowserWindow>()
  static #focused: BrowserWindow | null = null
  readonly webContents: WebContents
  #bounds: { x: number; y: number; width: number; height: number }
  #isVisible: boolean
  #isMinimized = false
  #isDestroyed = false

  constructor({ width = 800, height = 600, x = 0, y = 0, show = true, webPreferences = {} }: WindowOptions = {}) {
    super()
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready')
    // The pages of this stand-in cannot be less locked than this, so a window that asks for less would be shown wrongly.
    for (const [name, value] of Object.entries({ ...required, ...webPreferences }))
      if (name in required && value !== required[name as keyof typeof required])
        throw new Error(`stand-in: webPreferences.${name} must be ${String(required[name as keyof typeof required])}`)
    const { preload, partition } = webPreferences
    if (typeof preload === 'string' && !isAbsolute(preload)) throw new Error('preload must be an absolute path')
    this.#bounds = { x, y, width, height }
    this.#isVisible = show
    BrowserWindow.#all.add(this)
    this.webContents = new WebContents(
      typeof preload === 'string' ? preload : undefined,
      { width, height },
      typeof partition === 'string' ? partition : undefined,
    )
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'))
    this.webContents.once('destroyed', () => this.#end())
  }

  static getAllWindows = (): BrowserWindow[] => [...BrowserWindow.#all]
  static fromWebContents = (contents: WebContents): BrowserWindow | null =>
    [...BrowserWindow.#all].find((window) => window.webContents === contents) ?? null
  static getFocusedWindow = (): BrowserWindow | null => BrowserWindow.#focused

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }

  show(): void {
    this.#see(true)
    this.focus()
  }

  hide(): void {
    this.#see(false)
    this.blur()
  }

  #see(visible: boolean): void {
    if (this.#isVisible === visible) return
    this.#isVisible = visible
    this.emit(visible ? 'show' : 'hide')
  }

  focus(): void {
    if (BrowserWindow.#focused === this) return
    BrowserWindow.#focused?.blur()
    BrowserWindow.#focused = this
    this.emit('focus')
  }

  blur(): void {
    if (BrowserWindow.#focused !== this) return
    BrowserWindow.#focused = null
    this.emit('blur')
  }

  isVisible(): boolean {
    return this.#isVisible && !this.#isMinimized
  }

  isFocused(): boolean {
    return BrowserWindow.#focused === this
  }

  minimize(): void {
    this.#isMinimized = true
  }

  restore(): void {
    this.#isMinimized = false
  }

  isMinimized(): boolean {
    return this.#isMinimized
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  isFullScreen(): boolean {
    return false
  }

  getBounds() {
    return { ...this.#bounds }
  }

  getNormalBounds() {
    return this.getBounds()
  }

  setBounds(bounds: Partial<{ x: number; y: number; width: number; height: number }>): void {
    this.#bounds = { ...this.#bounds, ...bounds }
    this.emit('resize')
    this.emit('move')
  }

  setMenuBarVisibility(): void {
    // There is no menu bar.
  }

  setAlwaysOnTop(_flag: boolean, _level?: string): void {
    // There is no other application.
  }

  setVisibleOnAllWorkspaces(_visible: boolean, _options?: object): void {
    // There is one.
  }

  close(): void {
    const event = preventable({})
    this.emit('close', event)
    if (!event.defaultPrevented) this.destroy()
  }

  destroy(): void {
    this.webContents._kill()
  }

  #end(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    BrowserWindow.#all.delete(this)
    if (BrowserWindow.#focused === this) BrowserWindow.#focused = null
    this.emit('closed')
    if (BrowserWindow.#all.size === 0) inside.allClosed()
  }
}

inside.closeWindows = () => {
  for (const window of BrowserWindow.getAllWindows()) {
    window.close()
    if (!window.isDestroyed()) return false
  }
  return true
}
