import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { onTestFinished, test } from 'vitest'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import type { Reply, RequestName, RequestOf } from '../../../preload/contract.ts'
import { temporaryFolder } from '../temporary.ts'
import { freePort } from '../web/free-port.ts'
import { appDirectory } from './build-app.ts'

const root = join(import.meta.dirname, '../../..')
const standIn = join(import.meta.dirname, '../electron')

/** Whether Electron's own binary is there; else the stand-in is started in its place. */
export const isRealElectron = existsSync(join(root, 'node_modules/electron/path.txt'))

/** A test that only the stand-in can pass, since it steers the stand-in by its environment; it is not run on real Electron. */
export const standInTest = test.runIf(!isRealElectron)

/** What `recorder.cjs` keeps in the app. */
interface Recorded {
  readonly title: string
  /** Of the tray, and of the menu bar. */
  readonly menu: { readonly items: readonly RecordedItem[] } | null
  readonly bar: { readonly items: readonly RecordedItem[] } | null
  readonly trays: readonly { emit(event: string, ...args: unknown[]): boolean }[]
  readonly notifications: readonly RecordedNotification[]
  readonly answers: unknown[]
  readonly asked: readonly { readonly message?: string }[]
  /** What the app was to macOS, one after the other. */
  readonly policies: readonly string[]
  /** The keys that the app has from the system, each with what pressing them does. */
  readonly shortcuts: Readonly<Record<string, () => void>>
}

interface RecordedNotification {
  readonly title: string
  readonly body: string
  readonly silent: boolean
  readonly actions: readonly { readonly text?: string }[]
  emit(event: string, ...args: unknown[]): boolean
}

interface RecordedItem {
  readonly label: string
  readonly type: string
  readonly enabled: boolean
  readonly checked: boolean
  readonly submenu?: { readonly items: readonly RecordedItem[] }
  click(): void
}

declare global {
  var recorded: Recorded
}

export interface AppOptions {
  /** Left out, one of the test's own. */
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
  /** It finds the guest image where this user keeps it. */
  readonly sharesCache?: boolean
  /** In place of the app as it was built. */
  readonly directory?: string
}

export interface RunningApp {
  readonly app: ElectronApplication
  readonly home: string
  /** The first window's page, once it is there. */
  firstPage(): Promise<Page>
  /** What the app wrote to its error output so far. */
  log(): string
  /** Resolves with the exit status when the process has ended. */
  readonly ended: Promise<number | null>
}

/** Starts the built desktop app; it has ended when the test is over. */
export async function startApp({
  home,
  env,
  sharesCache = false,
  directory = appDirectory,
}: AppOptions = {}): Promise<RunningApp> {
  const ownHome = home ?? join(await temporaryFolder(), 'home')
  await mkdir(ownHome, { recursive: true, mode: 0o700 })
  const settings = join(ownHome, 'settings.json')
  // The port of a user's own server may be taken.
  if (!existsSync(settings)) await writeFile(settings, JSON.stringify({ port: await freePort() }))
  const app = await _electron.launch({
    args: ['-r', join(standIn, 'recorder.cjs'), directory],
    cwd: root,
    timeout: 0, // On a busy host, the limit of the test is the only one.
    env: {
      ...environment(ownHome),
      ...(sharesCache && { XDG_CACHE_HOME: dirname(cacheDirectory()) }),
      ...env,
    },
  })
  let log = ''
  const child = app.process()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  onTestFinished(async ({ task }) => {
    if (child.exitCode === null && child.signalCode === null) await app.close()
    await ended
    if (task.result?.state === 'fail') console.error(log)
  })
  return {
    app,
    home: ownHome,
    firstPage: async () => {
      const page = await app.firstWindow({ timeout: 0 })
      await page.locator('#window > *').first().waitFor({ state: 'attached', timeout: 0 })
      return page
    },
    log: () => log,
    ended,
  }
}

function environment(home: string): Record<string, string> {
  // Playwright asks the `electron` package for the program, which asks this.
  if (!isRealElectron) process.env.ELECTRON_OVERRIDE_DIST_PATH = standIn
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    MICROVM_ORCHESTRATOR_HOME: home,
    ANTHROPIC_API_KEY: 'sk-ant-api-desktop-test',
  }
}

/** Starts the app once more as a user would, and resolves with its exit status. */
export async function startAgain(
  home: string,
  args: readonly string[] = [],
  directory = appDirectory,
): Promise<number | null> {
  const env = environment(home)
  const { default: program } = (await import('electron')) as unknown as { default: string }
  const child = spawn(program, [directory, ...args], { cwd: root, env, stdio: 'ignore' })
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
}

/** Labels of the tray's menu, separators left out; entries of submenus after that of the submenu. */
export const trayLabels = (app: ElectronApplication): Promise<readonly string[]> =>
  app.evaluate(() => {
    const labels = (items: readonly RecordedItem[]): string[] =>
      items.flatMap((item) => (item.type === 'separator' ? [] : [item.label, ...labels(item.submenu?.items ?? [])]))
    return labels(globalThis.recorded.menu?.items ?? [])
  })

/** Clicks on the entry with the last of these labels, in the menus that the others name: of the tray, or of the menu bar. */
async function clickIn(app: ElectronApplication, of: 'menu' | 'bar', path: readonly string[]): Promise<void> {
  await app.evaluate(
    (_electron, asked) => {
      let items = globalThis.recorded[asked.of]?.items ?? []
      let found: RecordedItem | undefined
      for (const label of asked.path) {
        found = items.find((item) => item.label === label)
        if (!found) throw new Error(`There is no entry ${label}, but ${items.map((item) => item.label).join(', ')}`)
        items = found.submenu?.items ?? []
      }
      if (!found?.enabled) throw new Error(`${asked.path.join(' › ')} cannot be chosen`)
      found.click()
    },
    { of, path: [...path] },
  )
}

export const clickTray = (app: ElectronApplication, ...path: readonly string[]): Promise<void> =>
  clickIn(app, 'menu', path)
export const clickMenuBar = (app: ElectronApplication, ...path: readonly string[]): Promise<void> =>
  clickIn(app, 'bar', path)

/** The entries of a menu of the menu bar that can be chosen. */
export const enabledInMenuBar = (app: ElectronApplication, title: string): Promise<readonly string[]> =>
  app.evaluate((_electron, wanted) => {
    const found = globalThis.recorded.bar?.items.find((item) => item.label === wanted)
    return (found?.submenu?.items ?? []).flatMap((item) =>
      item.enabled && item.type !== 'separator' ? [item.label] : [],
    )
  }, title)

/** Whether the app's window can be seen. */
export const isVisible = (app: ElectronApplication): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()))

/** What the page's bridge answers. */
export const callHost = <Name extends RequestName>(
  page: Page,
  name: Name,
  request: RequestOf<Name>,
): Promise<Reply<Name>> => page.evaluate(`window.host.call(${JSON.stringify(name)}, ${JSON.stringify(request)})`)
