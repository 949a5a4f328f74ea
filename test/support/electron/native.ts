import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { app } from './application.ts'
import type { BrowserWindow } from './windows.ts'

/** What the system shows outside of windows. Nothing is shown here: it can be asked for what was said. */

class NativeImage {
  readonly #bytes: Buffer
  #isTemplate: boolean

  constructor(bytes: Buffer, isTemplate: boolean) {
    this.#bytes = bytes
    this.#isTemplate = isTemplate
  }

  isEmpty(): boolean {
    return this.#bytes.length === 0
  }

  toPNG(): Buffer {
    return this.#bytes
  }

  /** Width and height stand at fixed places of a PNG. */
  getSize(): { width: number; height: number } {
    if (this.#bytes.length < 24) return { width: 0, height: 0 }
    return { width: this.#bytes.readUInt32BE(16), height: this.#bytes.readUInt32BE(20) }
  }

  isTemplateImage(): boolean {
    return this.#isTemplate
  }

  setTemplateImage(isTemplate: boolean): void {
    this.#isTemplate = isTemplate
  }
}

export const nativeImage = {
  createEmpty: () => new NativeImage(Buffer.alloc(0), false),
  createFromPath: (path: string) => new NativeImage(bytesOf(path), /Template(@2x)?\.png$/.test(path)),
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0) // As Electron: an image that is not there is empty.
  }
}

interface ItemOptions {
  readonly label?: string
  readonly type?: Electron.MenuItemConstructorOptions['type']
  readonly role?: Electron.MenuItemConstructorOptions['role']
  readonly id?: string
  readonly enabled?: boolean
  readonly visible?: boolean
  readonly checked?: boolean
  readonly accelerator?: string | null
  readonly toolTip?: string
  readonly submenu?: readonly ItemOptions[] | object
  readonly click?: (item: MenuItem, window: BrowserWindow | undefined, event: object) => void
}

export class MenuItem {
  readonly label: string
  readonly type: NonNullable<ItemOptions['type']>
  readonly role: Electron.MenuItem['role']
  readonly id: string
  readonly enabled: boolean
  readonly visible: boolean
  checked: boolean
  readonly submenu: Menu | undefined
  readonly click: () => void

  constructor(options: ItemOptions) {
    this.label = options.label ?? ''
    this.type = options.type ?? (options.submenu ? 'submenu' : 'normal')
    this.role = options.role as Electron.MenuItem['role']
    this.id = options.id ?? ''
    this.enabled = options.enabled ?? true
    this.visible = options.visible ?? true
    this.checked = options.checked ?? false
    // Electron takes a menu, too; the app gives lists.
    this.submenu = Array.isArray(options.submenu) ? Menu.buildFromTemplate(options.submenu) : undefined
    this.click = () => {
      if (this.type === 'checkbox') this.checked = !this.checked
      if (this.role === 'quit') app.quit()
      else options.click?.(this, undefined, {})
    }
  }
}

export class Menu extends EventEmitter {
  static #application: Menu | null = null
  readonly items: MenuItem[] = []

  static buildFromTemplate = (template: readonly ItemOptions[]): Menu => {
    const menu = new Menu()
    for (const options of template) menu.items.push(new MenuItem(options))
    return menu
  }
  static setApplicationMenu = (menu: Menu | null): void => {
    Menu.#application = menu
  }
  static getApplicationMenu = (): Menu | null => Menu.#application

  popup(): void {
    this.emit('menu-will-show', {})
  }
}

let copied = ''
export const clipboard = {
  writeText: async (text: string): Promise<void> => {
    copied = text
  },
  readText: async (): Promise<string> => copied,
}

export class Tray extends EventEmitter {
  #title = ''
  #isDestroyed = false

  constructor(image: NativeImage | string) {
    super()
    if (!app.isReady()) throw new Error('Cannot create Tray before app is ready')
    this.setImage(image)
  }

  setImage(image: NativeImage | string): void {
    if ((typeof image === 'string' ? nativeImage.createFromPath(image) : image).isEmpty())
      throw new Error('Failed to load image')
  }

  setTitle(title: string): void {
    this.#title = title
  }

  getTitle(): string {
    return this.#title
  }

  setToolTip(): void {
    // Shown by the system alone.
  }

  setContextMenu(): void {
    // The test has it from its call.
  }

  popUpContextMenu(menu?: Menu): void {
    menu?.popup()
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  destroy(): void {
    this.#isDestroyed = true
  }
}

interface NotificationOptions {
  readonly title?: string
  readonly body?: string
  readonly id?: string
  readonly groupId?: string
  readonly silent?: boolean
  readonly actions?: { readonly type: 'button'; readonly text?: string }[]
}

export class Notification extends EventEmitter {
  readonly title: string
  readonly body: string
  readonly id: string
  readonly groupId: string
  readonly silent: boolean
  readonly actions: NonNullable<NotificationOptions['actions']>

  constructor({
    title = '',
    body = '',
    id = '',
    groupId = '',
    silent = false,
    actions = [],
  }: NotificationOptions = {}) {
    super()
    this.title = title
    this.body = body
    this.id = id
    this.groupId = groupId
    this.silent = silent
    this.actions = actions
  }

  static isSupported = (): boolean => true

  show(): void {
    setImmediate(() => this.emit(process.env.STAND_IN_NOTIFICATIONS === 'fail' ? 'failed' : 'show', {}, 'not signed'))
  }

  close(): void {
    setImmediate(() => this.emit('close', {}))
  }
}

/** Nobody sits before it: a dialog is answered as if it was dismissed, unless a test replaces the call. */
export const dialog = {
  showOpenDialog: async () => ({ canceled: true, filePaths: [] as string[] }),
  showMessageBox: async (..._given: unknown[]) => ({ response: 0, checkboxChecked: false }),
  showErrorBox: (title: string, content: string) => console.error(`${title}: ${content}`),
}

export const shell = {
  openExternal: async (_url: string) => undefined,
  openPath: async (_path: string) => '',
  showItemInFolder: (_path: string) => undefined,
}

export const powerMonitor = new EventEmitter()

const shortcuts = new Map<string, () => void>()
export const globalShortcut = {
  /** False, as Electron, for keys that another program has. */
  register: (accelerator: string, callback: () => void): boolean => {
    if (!app.isReady()) throw new Error('globalShortcut cannot be used before the app is ready')
    if (shortcuts.has(accelerator) || accelerator === process.env.STAND_IN_TAKEN_KEYS) return false
    shortcuts.set(accelerator, callback)
    return true
  },
  unregister: (accelerator: string): void => void shortcuts.delete(accelerator),
  isRegistered: (accelerator: string): boolean => shortcuts.has(accelerator),
}

const blockers = new Set<number>()
let lastBlocker = 0
export const powerSaveBlocker = {
  start: (_type: string): number => {
    blockers.add(++lastBlocker)
    return lastBlocker
  },
  stop: (id: number): boolean => blockers.delete(id),
  isStarted: (id: number): boolean => blockers.has(id),
}

export const nativeTheme = Object.assign(new EventEmitter(), {
  themeSource: 'system' as Electron.NativeTheme['themeSource'],
  shouldUseDarkColors: false,
})

const display = {
  id: 1,
  bounds: { x: 0, y: 0, width: 1440, height: 900 },
  workArea: { x: 0, y: 25, width: 1440, height: 875 },
}
export const screen = Object.assign(new EventEmitter(), {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
  getDisplayMatching: () => display,
  getDisplayNearestPoint: (_point: { x: number; y: number }) => display,
  getCursorScreenPoint: () => ({ x: 0, y: 0 }),
})
