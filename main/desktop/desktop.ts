import { app, dialog, Menu, nativeTheme, powerMonitor } from 'electron'
import type { Place } from '../../preload/host.ts'
import type { Snapshot, TaskRow } from '../../preload/live-state.ts'
import { failureText, toFailure } from '../core/failure.ts'
import { shownShortcut } from '../core/shortcut.ts'
import type { TaskId } from '../core/task/task.ts'
import type { Log } from '../lib/log.ts'
import { type AnyReply, answerCall, type Calls } from '../window/answer-call.ts'
import { requestSchemas } from '../window/requests.ts'
import { Actions } from './actions.ts'
import type { Backend } from './backend.ts'
import { desktopCalls } from './desktop-calls.ts'
import { followState } from './followed-state.ts'
import { readStartAtLogin } from './install/login-item.ts'
import type { LinkInbox } from './links/link-inbox.ts'
import { linksIn } from './links/task-link.ts'
import { applicationMenu } from './menu/application-menu.ts'
import { menuSlot } from './menu/build-menu.ts'
import { dockState } from './menu/dock-state.ts'
import type { DesktopAction } from './menu/entries.ts'
import { trayFace, unseenFailures } from './menu/tray-face.ts'
import { mcpUrl, trayMenu } from './menu/tray-menu.ts'
import { noticesBetween } from './notify/notices.ts'
import { Notifier } from './notify/notifier.ts'
import { GlobalKeys } from './quick-entry/global-keys.ts'
import { QuickPanel } from './quick-entry/quick-panel.ts'
import { Dock } from './system/dock.ts'
import { StayAwake } from './system/stay-awake.ts'
import { createTray, type TrayView } from './system/tray.ts'
import { answerToUser, readyNotice, type UpdateState, updateEntry } from './update/update-state.ts'
import { Updater } from './update/updater.ts'
import { AppWindow } from './window/app-window.ts'
import { lockSession } from './window/locks.ts'
import { OwnPages } from './window/own-pages.ts'
import { servePage } from './window/page-protocol.ts'
import { windowMemory } from './window/window-memory.ts'

export interface DesktopOptions {
  readonly log: Log
  readonly links: LinkInbox
  /** Finds a server of this home or starts one; asked again when the one that was found ends. */
  readonly openBackend: () => Promise<Backend>
}

/** The app around a backend: tray, window, notifications and what else the system offers. */
export class Desktop {
  readonly #options: DesktopOptions
  readonly #window: AppWindow
  readonly #panel: QuickPanel
  readonly #keys: GlobalKeys
  readonly #tray: TrayView
  readonly #dock: Dock
  readonly #showMenuBar: ReturnType<typeof menuSlot>
  readonly #notifier: Notifier
  readonly #awake = new StayAwake()
  readonly #calls: Partial<Calls>
  #backend: Backend
  #state: Snapshot | undefined
  #updater: Updater | undefined
  #failures: ReadonlySet<TaskId> = new Set()
  #endFollowing: () => void = () => undefined
  #endWatching: (() => void) | undefined
  #isVisible = false
  #isQuitting = false

  private constructor(options: DesktopOptions, backend: Backend) {
    this.#options = options
    this.#backend = backend
    servePage()
    lockSession()
    const pages = new OwnPages()
    const onCall = (name: string, request: unknown): Promise<AnyReply> => this.#answer(name, request)
    this.#panel = new QuickPanel({ pages, onCall })
    this.#keys = new GlobalKeys(() => void this.#panel.toggle())
    this.#calls = desktopCalls({
      call: (name, request) => this.#backend.call(name, request),
      state: () => this.#state,
      show: (place) => this.show(place),
      leaveQuickEntry: () => this.#panel.hide(),
      keys: this.#keys,
      onHostChanged: () => this.#showMenus(),
    })
    this.#window = new AppWindow({
      pages,
      memory: windowMemory(),
      onCall,
      onVisible: (isVisible) => this.#setVisible(isVisible),
      onFront: () => this.#step(this.#state, this.#state),
    })
    const actions = new Actions({
      call: onCall,
      tasks: () => this.#state?.tasks ?? [],
      isWindowOpen: () => this.#isVisible,
      show: (place) => this.show(place),
      tell: (notice) => this.#notifier.tell(notice),
      openQuickEntry: () => this.#panel.toggle(),
      checkForUpdates: () => this.#updater?.ask(),
      installUpdate: () => this.#installUpdate(),
    })
    const act = (action: DesktopAction): void => void actions.act(action)
    this.#notifier = new Notifier({
      onAction: act,
      fallback: (notice) => void this.#window.tell('notify', notice),
      withSound: () => this.#state?.settings.notifySound ?? true,
    })
    this.#tray = createTray(act, (path) => void actions.register(path))
    this.#dock = new Dock(act)
    this.#showMenuBar = menuSlot((menu) => Menu.setApplicationMenu(menu), act)
  }

  /** Call when the app is ready. */
  static async start(options: DesktopOptions): Promise<Desktop> {
    const desktop = new Desktop(options, await options.openBackend())
    app.on('second-instance', (_event, args) => {
      const links = linksIn(args)
      if (links.length === 0) void desktop.show(null)
      else options.links.take(links)
    })
    app.on('activate', () => void desktop.show(null))
    app.on('window-all-closed', () => undefined) // The app lives in the menu bar.
    app.on('before-quit', (event) => {
      if (desktop.#isQuitting) return
      event.preventDefault()
      void desktop.#quit()
    })
    powerMonitor.on('suspend', () => desktop.#inBackground(desktop.#backend.hostSleeps()))
    powerMonitor.on('resume', () => desktop.#inBackground(desktop.#backend.hostWakes()))
    desktop.#updater = await Updater.open({
      log: options.log,
      onState: (state, isAnswer) => desktop.#updateChanged(state, isAnswer),
    })
    await desktop.#attach()
    if (!app.getLoginItemSettings().wasOpenedAtLogin) await desktop.show(null)
    options.links.register()
    options.links.open((id) => desktop.#follow(id))
    return desktop
  }

  /** Shows the window, at the place when one is given. */
  async show(place: Place | null): Promise<void> {
    await this.#window.show()
    if (place) await this.#window.tell('goTo', place)
  }

  /** A link shows a task that is there, and does nothing else. */
  #follow(id: TaskId): void {
    this.#inBackground(
      this.#backend.call('task', { id }).then(async ({ ok }) => {
        if (ok) await this.show({ view: 'task', id })
      }),
    )
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

  #step(now: Snapshot | undefined, before: Snapshot | undefined): void {
    if (!now) return
    this.#state = now
    if (before?.settings.quickEntryKeys !== now.settings.quickEntryKeys) this.#takeKeys(now.settings.quickEntryKeys)
    this.#updater?.follow(now.settings.updates)
    const front = this.#frontTask?.id ?? null
    this.#failures = unseenFailures(this.#failures, { was: before, now, front })
    this.#showMenus()
    nativeTheme.themeSource = now.settings.theme
    const isBusy = now.slots.some(({ taskId }) => taskId !== null)
    this.#awake.set(isBusy && now.settings.keepAwake)
    if (before) for (const notice of noticesBetween(before, now, front)) this.#notifier.tell(notice)
  }

  #takeKeys(keys: string | null): void {
    if (this.#keys.take(keys) || keys === null) return
    const shown = shownShortcut(keys, process.platform === 'darwin')
    this.#notifier.tell({
      title: 'The panel for a quick task has no keys',
      body: `Another program has ${shown}. Choose others in Settings.`,
      place: { view: 'settings' },
    })
  }

  /** The task that the user has before them. */
  get #frontTask(): TaskRow | undefined {
    return this.#window.isInFront ? this.#shownTask : undefined
  }

  /** The task that the window shows, in front or not. */
  get #shownTask(): TaskRow | undefined {
    const place = this.#window.place
    return place && 'id' in place ? this.#state?.tasks.findLast(({ id }) => id === place.id) : undefined
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.log.warn('guests could not be told of the host', { reason: String(error) })
    })
  }

  /** Tray, menu bar and Dock, as the state is. */
  #showMenus(): void {
    const state = this.#state
    this.#dock.show(dockState(state, this.#isVisible))
    if (!state) return
    const update = updateEntry(this.#updater?.state)
    const options = { startAtLogin: readStartAtLogin(app), isOwn: this.#backend.isOwn, update }
    this.#tray.show(trayFace(state, this.#failures), trayMenu(state, options))
    this.#showMenuBar(
      applicationMenu({
        task: this.#shownTask ?? null,
        hasUnfinished: state.tasks.some(({ state }) => state.phase !== 'finished'),
        mcpUrl: mcpUrl(state.address),
        update,
      }),
    )
  }

  /** Consoles and the like are looked at only while someone sees them. */
  #setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible
    this.#showMenus()
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

  #updateChanged(state: UpdateState, isAnswer: boolean): void {
    this.#showMenus()
    const answer = isAnswer ? answerToUser(state, app.getVersion()) : undefined
    if (answer) void dialog.showMessageBox({ ...answer, buttons: ['OK'] })
    if (state.kind === 'ready') this.#notifier.tell(readyNotice(state.version))
  }

  async #quit(): Promise<void> {
    await this.#end(async (backend) => await backend[Symbol.asyncDispose]())
    app.exit(0)
  }

  /** Machines at work belong to no version of the app: they go on, and the next one finds them. */
  async #installUpdate(): Promise<void> {
    if (this.#updater?.state.kind !== 'ready' || this.#isQuitting) return
    await this.#end((backend) => backend.leave())
    // The next version may start before this process has ended.
    app.releaseSingleInstanceLock()
    this.#updater.install(() => {
      app.relaunch()
      app.exit(0)
    })
  }

  async #end(endBackend: (backend: Backend) => Promise<void>): Promise<void> {
    this.#isQuitting = true
    this.#endFollowing()
    this.#endWatching?.()
    this.#updater?.[Symbol.dispose]()
    try {
      await endBackend(this.#backend)
    } catch (error) {
      this.#options.log.error('the server did not end in order', { reason: String(error) })
    }
    this.#panel.close()
    this.#window.letClose()
    this.#tray[Symbol.dispose]()
  }
}
