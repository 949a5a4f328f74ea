import { app, dialog, Menu, nativeTheme, powerMonitor } from 'electron'
import type { DesktopRequests } from '../../preload/contract.ts'
import type { Host, Place } from '../../preload/host.ts'
import type { Snapshot } from '../../preload/live-state.ts'
import type { TaskDetails } from '../../preload/task-details.ts'
import { AppError, failureText, toFailure } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'
import { commandOfApp, installCommandLine } from '../lib/processes/install-command-line.ts'
import { type AnyReply, answerCall, type Calls } from '../window/answer-call.ts'
import { requestSchemas } from '../window/requests.ts'
import { AppWindow } from './app-window.ts'
import { applicationMenu } from './application-menu.ts'
import type { Backend } from './backend.ts'
import { followState } from './followed-state.ts'
import { readStartAtLogin, setStartAtLogin } from './login-item.ts'
import { type EndNotice, noticesBetween } from './notices.ts'
import { Notifier } from './notifier.ts'
import { openTask } from './open-task.ts'
import { servePage } from './page-protocol.ts'
import { StayAwake } from './stay-awake.ts'
import { createTray, type TrayView } from './tray.ts'
import { type TrayAction, trayMenu, trayTitle } from './tray-menu.ts'
import { windowMemory } from './window-memory.ts'

export interface DesktopOptions {
  readonly log: Log
  /** Finds a server of this home or starts one; asked again when the one that was found ends. */
  readonly openBackend: () => Promise<Backend>
}

/** The app around a backend: tray, window, notifications and what else the system offers. */
export class Desktop {
  readonly #options: DesktopOptions
  readonly #window: AppWindow
  readonly #tray: TrayView
  readonly #notifier: Notifier
  readonly #awake = new StayAwake()
  readonly #calls: Partial<Calls>
  #backend: Backend
  #state: Snapshot | undefined
  #endFollowing: () => void = () => undefined
  #endWatching: (() => void) | undefined
  #isVisible = false
  #isQuitting = false

  private constructor(options: DesktopOptions, backend: Backend) {
    this.#options = options
    this.#backend = backend
    this.#calls = { ...this.#desktopCalls(), host: async () => this.#host() }
    servePage()
    this.#window = new AppWindow({
      memory: windowMemory(),
      onCall: (name, request) => this.#answer(name, request),
      onVisible: (isVisible) => this.#setVisible(isVisible),
    })
    this.#notifier = new Notifier(
      (place) => void this.show(place),
      (notice) => void this.#window.tell('notify', notice),
    )
    this.#tray = createTray(
      (action) => void this.#act(action),
      (path) => void this.#register(path),
    )
    Menu.setApplicationMenu(applicationMenu((place) => void this.show(place)))
  }

  /** Call when the app is ready. */
  static async start(options: DesktopOptions): Promise<Desktop> {
    const desktop = new Desktop(options, await options.openBackend())
    app.on('second-instance', () => void desktop.show(null))
    app.on('activate', () => void desktop.show(null))
    app.on('window-all-closed', () => undefined) // The app lives in the menu bar.
    app.on('before-quit', (event) => {
      if (desktop.#isQuitting) return
      event.preventDefault()
      void desktop.#quit()
    })
    powerMonitor.on('suspend', () => desktop.#inBackground(desktop.#backend.hostSleeps()))
    powerMonitor.on('resume', () => desktop.#inBackground(desktop.#backend.hostWakes()))
    await desktop.#attach()
    if (!app.getLoginItemSettings().wasOpenedAtLogin) await desktop.show(null)
    return desktop
  }

  /** Shows the window, at the place when one is given. */
  async show(place: Place | null): Promise<void> {
    await this.#window.show()
    if (place) await this.#window.tell('goTo', place)
  }

  async #attach(): Promise<void> {
    const backend = this.#backend
    backend.gone.then(() => {
      if (!this.#isQuitting) void this.#replace()
    })
    this.#endFollowing = await followState(backend, (now, before) => this.#step(now, before))
    const endTelling = backend.listen((delta) => this.#window.tellIfOpen('delta', delta), 'changes')
    const endFollowing = this.#endFollowing
    this.#endFollowing = () => {
      endFollowing()
      endTelling()
    }
    this.#setVisible(this.#isVisible)
  }

  /** The server whose window we were has ended: from now on there is another, or we are it. */
  async #replace(): Promise<void> {
    this.#endFollowing()
    this.#endWatching?.()
    this.#endWatching = undefined
    try {
      this.#backend = await this.#options.openBackend()
      await this.#attach()
      this.#window.reload()
    } catch (error) {
      this.#options.log.error('no server could be found or started', { reason: String(error) })
      dialog.showErrorBox('microvm-orchestrator', failureText(toFailure(error)))
      app.exit(1)
    }
  }

  #step(now: Snapshot, before: Snapshot | undefined): void {
    this.#state = now
    this.#showTray()
    nativeTheme.themeSource = now.settings.theme
    const isBusy = now.slots.some(({ taskId }) => taskId !== null)
    this.#awake.set(isBusy && now.settings.keepAwake)
    if (before) for (const notice of noticesBetween(before, now)) this.#notifier.tell(notice)
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.log.warn('guests could not be told of the host', { reason: String(error) })
    })
  }

  #showTray(): void {
    if (!this.#state) return
    const options = { startAtLogin: readStartAtLogin(app), isOwn: this.#backend.isOwn }
    this.#tray.show(trayTitle(this.#state), trayMenu(this.#state, options))
  }

  /** Consoles and the like are looked at only while someone sees them. */
  #setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible
    if (isVisible) this.#endWatching ??= this.#backend.listen(() => undefined, 'full')
    else {
      this.#endWatching?.()
      this.#endWatching = undefined
    }
  }

  async #answer(name: string, request: unknown): Promise<AnyReply> {
    const isHere = Object.hasOwn(requestSchemas, name) && name in this.#calls
    if (!isHere) return await this.#backend.call(name, request)
    return await answerCall(this.#calls, name, request, this.#options.log, new AbortController().signal)
  }

  #host(): Host {
    const { platform } = process
    return {
      kind: 'desktop',
      platform: platform === 'darwin' || platform === 'linux' ? platform : 'other',
      version: app.getVersion(),
      startAtLogin: readStartAtLogin(app),
    }
  }

  #desktopCalls(): Calls<keyof DesktopRequests> {
    return {
      chooseFolders: async () => {
        const { filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory', 'multiSelections'] })
        return { paths: filePaths }
      },
      openTask: async (request) => {
        const reply = await this.#backend.call('task', { id: request.id })
        if (!reply.ok) throw asError(reply)
        await openTask(reply.value as TaskDetails, request.with)
        return {}
      },
      setStartAtLogin: async ({ on }) => {
        const startAtLogin = setStartAtLogin(app, on)
        this.#showTray()
        return { startAtLogin }
      },
      installCommandLine: async () => ({ path: await installCommandLine(commandOfApp(app.isPackaged)) }),
    }
  }

  async #act(action: TrayAction): Promise<void> {
    switch (action.kind) {
      case 'show':
        return await this.show(action.place)
      case 'add-repository': {
        const { filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] })
        for (const path of filePaths) await this.#register(path)
        return
      }
      case 'start-at-login':
        setStartAtLogin(app, action.on)
        return this.#showTray()
      case 'install-command-line': {
        const reply = await this.#answer('installCommandLine', {})
        const said = reply.ok ? `Linked as ${(reply.value as { path: string }).path}` : failureText(reply.failure)
        await dialog.showMessageBox({ message: said, buttons: ['OK'] })
        return
      }
      case 'quit':
        return app.quit()
    }
  }

  /** A folder that was dropped on the tray, or chosen from its menu. */
  async #register(path: string): Promise<void> {
    const reply = await this.#backend.call('addRepository', { path })
    const added = reply.ok ? (reply.value as { kind: string; alias?: string }) : undefined
    const notice: EndNotice = { title: '', body: path, place: { view: 'repositories' } }
    if (added?.kind === 'registered') this.#notifier.tell({ ...notice, title: `Registered: ${added.alias}` })
    else if (added?.kind === 'flake-missing') this.#notifier.tell({ ...notice, title: 'It needs a flake.nix' })
    else this.#notifier.tell({ ...notice, title: 'Not registered', body: refusalOf(reply, path) })
  }

  async #quit(): Promise<void> {
    this.#isQuitting = true
    this.#endFollowing()
    this.#endWatching?.()
    try {
      await this.#backend[Symbol.asyncDispose]()
    } catch (error) {
      this.#options.log.error('the server did not end in order', { reason: String(error) })
    }
    this.#window.letClose()
    this.#tray[Symbol.dispose]()
    app.exit(0)
  }
}

function refusalOf(reply: AnyReply, path: string): string {
  if (!reply.ok) return failureText(reply.failure)
  const { failure } = reply.value as { failure?: { code: never; message: string } }
  return failure ? failureText(failure) : path
}

const asError = ({ failure }: Extract<AnyReply, { ok: false }>): AppError =>
  new AppError(failure.code, failure.message, failure.hint === undefined ? {} : { hint: failure.hint })
