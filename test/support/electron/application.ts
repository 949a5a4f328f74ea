import { EventEmitter } from 'node:events'
import { mkdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inside } from './inside.ts'

/** An event whose default can be prevented, as Electron's are. */
export function preventable<Fields extends object>(fields: Fields) {
  const event = {
    ...fields,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true
    },
  }
  return event
}

/** The icon in the Dock, which is not drawn here. */
class Dock {
  #badge = ''

  hide(): void {
    // There is no icon.
  }

  async show(): Promise<void> {
    // There is no icon.
  }

  isVisible(): boolean {
    return true
  }

  setMenu(_menu: object): void {
    // A test has it from its call.
  }

  setBadge(text: string): void {
    this.#badge = text
  }

  getBadge(): string {
    return this.#badge
  }
}

/** What `app` does; windows are closed through what `windows.ts` puts into `inside`. */
class App extends EventEmitter {
  readonly commandLine = {
    appendSwitch: (_name: string, _value?: string) => undefined,
    hasSwitch: (_name: string) => false,
    getSwitchValue: (_name: string) => '',
  }
  readonly dock = process.platform === 'darwin' ? new Dock() : undefined
  readonly #ready = Promise.withResolvers<void>()
  readonly #paths = new Map<string, string>()
  #isReady = false
  #isQuitting = false
  #lock: { close(): void } | undefined
  #loginItem = { openAtLogin: false }

  get isPackaged(): boolean {
    return inside.application.isPackaged
  }

  get name(): string {
    return inside.application.name
  }

  getName(): string {
    return this.name
  }

  getVersion(): string {
    return inside.application.version
  }

  getAppPath(): string {
    return inside.application.path
  }

  getPath(name: string): string {
    const appData = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config')
    const known: Record<string, string> = {
      home: homedir(),
      appData,
      userData: join(appData, this.name),
      temp: tmpdir(),
      exe: process.execPath,
      logs: join(appData, this.name, 'logs'),
    }
    const path = this.#paths.get(name) ?? known[name]
    if (path === undefined) throw new Error(`Failed to get '${name}' path`)
    return path
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path)
  }

  isReady(): boolean {
    return this.#isReady
  }

  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  enableSandbox(): void {
    if (this.#isReady) throw new Error('app.enableSandbox() can only be called before app is ready')
  }

  focus(): void {
    // There is no other application.
  }

  setAboutPanelOptions(): void {
    // Shown by the system alone.
  }

  setActivationPolicy(policy: string): void {
    if (!['regular', 'accessory', 'prohibited'].includes(policy))
      throw new TypeError(`Invalid activation policy: ${policy}`)
    if (process.platform !== 'darwin') throw new TypeError('app.setActivationPolicy is not a function')
  }

  setAsDefaultProtocolClient(scheme: string): boolean {
    return /^[a-z][a-z0-9+.-]*$/.test(scheme)
  }

  isInApplicationsFolder(): boolean {
    if (process.platform !== 'darwin') throw new TypeError('app.isInApplicationsFolder is not a function')
    return process.env.STAND_IN_APPLICATIONS !== 'outside'
  }

  moveToApplicationsFolder(_options?: object): boolean {
    if (this.isInApplicationsFolder()) return false
    this.quit()
    return true
  }

  setLoginItemSettings({ openAtLogin = false }: { openAtLogin?: boolean }): void {
    this.#loginItem = { openAtLogin }
  }

  getLoginItemSettings() {
    const { openAtLogin } = this.#loginItem
    const status = process.env.STAND_IN_LOGIN_ITEM ?? (openAtLogin ? 'enabled' : 'not-registered')
    return { openAtLogin, status: status as Electron.LoginItemSettings['status'], wasOpenedAtLogin: false }
  }

  /** A second process leaves what it was started with where the first one watches. */
  requestSingleInstanceLock(): boolean {
    if (this.#lock) return true
    const folder = join(this.getPath('userData'), 'stand-in-instance')
    const file = join(folder, 'pid')
    mkdirSync(folder, { recursive: true })
    const first = livingPid(file)
    if (first !== undefined && first !== process.pid) {
      const message = join(folder, `${process.pid}.json`)
      writeFileSync(`${message}.part`, JSON.stringify({ argv: process.argv, cwd: process.cwd() }))
      renameSync(`${message}.part`, message)
      return false
    }
    writeFileSync(file, String(process.pid))
    this.#lock = watch(folder, (_kind, name) => {
      if (!name?.endsWith('.json')) return
      let text: string
      try {
        text = readFileSync(join(folder, name), 'utf8')
      } catch {
        return // Told twice of one file: it is read and gone.
      }
      rmSync(join(folder, name), { force: true })
      const { argv, cwd } = JSON.parse(text) as { argv: string[]; cwd: string }
      this.emit('second-instance', {}, argv, cwd)
    })
    process.on('exit', () => rmSync(file, { force: true }))
    return true
  }

  hasSingleInstanceLock(): boolean {
    return this.#lock !== undefined
  }

  releaseSingleInstanceLock(): void {
    this.#lock?.close()
    this.#lock = undefined
  }

  quit(): void {
    if (this.#isQuitting) return
    const event = preventable({})
    this.emit('before-quit', event)
    if (event.defaultPrevented) return
    this.#isQuitting = inside.closeWindows()
    if (!this.#isQuitting) return
    const last = preventable({})
    this.emit('will-quit', last)
    if (last.defaultPrevented) {
      this.#isQuitting = false
      return
    }
    this.emit('quit', {}, 0)
    process.exit()
  }

  relaunch(_options?: object): void {
    // A test starts the app itself.
  }

  exit(code = 0): void {
    process.exit(code)
  }

  _allClosed(): void {
    if (!this.#isQuitting && !this.emit('window-all-closed')) this.quit()
  }

  _fireReady(): void {
    this.#isReady = true
    this.emit('ready', {}, {})
    this.#ready.resolve()
  }
}

function livingPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined // Nobody was here, or whoever was has ended.
  }
}

export const app = new App()
inside.ready = () => app._fireReady()
inside.allClosed = () => app._allClosed()
process.once('SIGTERM', () => app.quit())
process.once('SIGINT', () => app.quit())
