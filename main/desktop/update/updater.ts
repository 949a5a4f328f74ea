import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import type { AppUpdater } from 'electron-updater'
import type { WindowSettings } from '../../../preload/settings.ts'
import type { Log } from '../../lib/log.ts'
import { mayUpdate } from './may-update.ts'
import type { UpdateState } from './update-state.ts'

const intervalMs = 6 * 60 * 60_000

type Releases = WindowSettings['updates']

interface UpdaterOptions {
  readonly log: Log
  /** `isAnswer`: the user has asked, and this is what came of it. */
  readonly onState: (state: UpdateState, isAnswer: boolean) => void
}

/**
 * Fetches newer versions of the app, by electron-updater: from the releases that `app-update.yml` of the package names, checked by the
 * checksum that the release tells, and on macOS by the signature of the app that runs. It is installed when the user says so; on macOS
 * the system installs what is ready at the app's end, too.
 */
export class Updater implements Disposable {
  readonly #updater: AppUpdater
  readonly #options: UpdaterOptions
  #state: UpdateState = { kind: 'unknown' }
  #isAsked = false
  #releases: Releases = 'off'
  #timer: NodeJS.Timeout | undefined

  /** @returns undefined where the app cannot replace itself. */
  static async open(options: UpdaterOptions): Promise<Updater | undefined> {
    const isMac = process.platform === 'darwin'
    const isPossible = mayUpdate({
      platform: process.platform,
      isPackaged: app.isPackaged,
      hasFeed: existsSync(join(process.resourcesPath, 'app-update.yml')),
      isInApplications: isMac && app.isInApplicationsFolder(),
      appImage: process.env.APPIMAGE,
    })
    if (!isPossible) return undefined
    const { AppImageUpdater, MacUpdater } = await import('electron-updater')
    return new Updater(isMac ? new MacUpdater() : new AppImageUpdater(), options)
  }

  private constructor(updater: AppUpdater, options: UpdaterOptions) {
    const { log } = options
    this.#updater = updater
    this.#options = options
    updater.logger = {
      info: () => undefined,
      warn: (said?: unknown) => log.warn('the updater warns', { reason: String(said) }),
      error: () => undefined, // Each comes as an event, too.
    }
    // Only so does macOS check the signature of what came before the user is told that it is ready.
    updater.autoInstallOnAppQuit = process.platform === 'darwin'
    updater.on('checking-for-update', () => this.#set({ kind: 'asking' }))
    updater.on('update-not-available', () => this.#set({ kind: 'newest' }))
    updater.on('update-available', ({ version }) => this.#set({ kind: 'fetching', version }))
    updater.on('update-downloaded', ({ version }) => this.#set({ kind: 'ready', version }))
    updater.on('error', (error) => {
      const [reason = 'unknown'] = error.message.split('\n')
      log.warn('there is no update', { reason })
      this.#set({ kind: 'failed', reason })
    })
  }

  get state(): UpdateState {
    return this.#state
  }

  /** From now on these releases are fetched, and looked for now and every few hours. */
  follow(releases: Releases): void {
    if (releases === this.#releases) return
    this.#releases = releases
    this.#updater.allowPrerelease = releases === 'beta'
    // From a beta back to releases: the next release that is newer, and never one that is older and does not know what this one wrote.
    this.#updater.allowDowngrade = false
    clearInterval(this.#timer)
    if (releases === 'off') return
    this.#timer = setInterval(() => this.#check(), intervalMs).unref()
    this.#check()
  }

  /** Asks because the user wishes it. What comes of it is told as a state. */
  ask(): void {
    this.#isAsked = true
    this.#check()
  }

  /**
   * Ends the app, puts the version that is ready in its place and starts that. Call when nothing of the app is under way any more.
   * `onFailure` is called where the app has to go on as it is.
   */
  install(onFailure: () => void): void {
    this.#updater.once('error', onFailure)
    this.#updater.quitAndInstall(true, true)
  }

  #check(): void {
    if (['asking', 'fetching', 'ready'].includes(this.#state.kind)) return
    this.#updater
      .checkForUpdates()
      .then((found) => found?.downloadPromise)
      .catch(() => undefined) // Told as an event.
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #set(state: UpdateState): void {
    this.#state = state
    const isAnswer = this.#isAsked && ['newest', 'failed', 'ready'].includes(state.kind)
    if (isAnswer) this.#isAsked = false
    this.#options.onState(state, isAnswer)
  }
}
