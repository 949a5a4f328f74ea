import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type * as electron from 'electron'
import { expect, test } from 'vitest'
import type { Differences } from './conformance.ts'
import type standIn from './module.ts'

const definitions = readFileSync(join(import.meta.dirname, '../../../node_modules/electron/electron.d.ts'), 'utf8')

/** By the name in the module, the interface or class that Electron describes it with. */
const described = {
  app: ['App'],
  BrowserWindow: ['BrowserWindow', 'BaseWindow'],
  ipcMain: ['IpcMain'],
  Menu: ['Menu'],
  Notification: ['Notification'],
  nativeTheme: ['NativeTheme'],
  net: ['Net'],
  session: ['Session'],
  powerSaveBlocker: ['PowerSaveBlocker'],
  protocol: ['Protocol'],
  screen: ['Screen'],
  shell: ['Shell'],
  dialog: ['Dialog'],
  clipboard: ['Clipboard'],
  globalShortcut: ['GlobalShortcut'],
  Tray: ['Tray'],
  webContents: ['WebContents'],
}

/** Prints the members of the stand-in by name: own ones and those of classes, static and of instances. */
const listMembers = `
import('electron').then((electron) => {
  const members = (value) => {
    const names = new Set()
    const parts = typeof value === 'function' ? [value, value.prototype] : [value]
    for (let part = Object.getPrototypeOf(parts.at(-1)); part && part.constructor?.name !== 'EventEmitter' && part !== Object.prototype; part = Object.getPrototypeOf(part)) parts.push(part)
    for (const part of parts) for (const name of Object.getOwnPropertyNames(part)) names.add(name)
    return [...names].filter((name) => !['length', 'name', 'prototype', 'constructor', 'domain'].includes(name) && !name.startsWith('_'))
  }
  console.log(JSON.stringify(Object.fromEntries(Object.entries(electron).map(([name, value]) => [name, members(value)]))))
  process.exit()
})`

function bodyOf(name: string): string {
  const start = new RegExp(`^  (?:class|interface) ${name} (?:extends [\\w.<> ]+ )?\\{\\n`, 'm').exec(definitions)
  if (!start) throw new Error(`Electron describes no ${name}`)
  return definitions.slice(start.index, definitions.indexOf('\n  }\n', start.index))
}

test("every member of the stand-in is one of Electron's", async () => {
  const register = join(import.meta.dirname, 'register.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', register, '-e', listMembers])
  const members = JSON.parse(stdout) as Record<string, readonly string[]>
  const strangers = Object.entries(described).flatMap(([name, interfaces]) => {
    const body = interfaces.map(bodyOf).join('\n')
    // Of EventEmitter's own fields, Node keeps a few on the instance.
    const own = (members[name] ?? []).filter((member) => !['captureRejections', 'emit', 'on', 'once'].includes(member))
    expect(own, name).not.toEqual([])
    return own
      .filter((member) => !new RegExp(`\\b(?:static |readonly )*${member}\\??[(:]`).test(body))
      .map((member) => `${name}.${member}`)
  })
  expect(strangers).toEqual([])
})

type Electron = typeof electron
type OfStandIn = Differences<typeof standIn, Electron>
/** The compiler holds these: a difference is an error that names it, at `npm run types`. */
const conforms: [OfStandIn] extends [never] ? true : OfStandIn = true

interface Wrong {
  readonly app: {
    getName(): number
    quitNow(): void
    setPath(name: 'home', path: string): void
    getPath(name: string): Promise<string>
  }
  readonly clipboard: { readText(): string }
  readonly BrowserWindow: new (options: { readonly width: string }) => { isVisible(): boolean | null }
}
const planted: Readonly<Record<Differences<Wrong, Electron>, true>> = {
  'app.getName()': true,
  "app.quitNow is not Electron's": true,
  'app.setPath(…)': true,
  'app.getPath() is a promise': true,
  'clipboard.readText()': true,
  'BrowserWindow.isVisible()': true,
  'new BrowserWindow(…).width': true,
}

test("every member of the stand-in takes and answers what Electron's does, and the compiler would name one that does not", () => {
  expect(conforms).toBe(true)
  expect(Object.keys(planted)).toHaveLength(7)
})
