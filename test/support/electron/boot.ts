/** The order of Electron's start: modules named by `-r`, Chromium, the app's entry to the end of its evaluation, then `ready`. */
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { launchBrowser } from './browser.ts'
import { inside } from './inside.ts'
import './module.ts'

const require = createRequire(import.meta.url)
const [program = '', , ...given] = process.argv
const preloaded: string[] = []
const rest: string[] = []
for (let at = 0; at < given.length; at++) {
  const argument = given[at] ?? ''
  if (argument === '-r') preloaded.push(given[++at] ?? '')
  else rest.push(argument)
}
const target = rest.find((argument) => !argument.startsWith('-'))
// A packed app is not told its own folder.
const isPackaged = process.env.STAND_IN_RESOURCES !== undefined
process.argv = [program, ...given.filter((argument) => !(isPackaged && argument === target))]
Object.defineProperty(process, 'resourcesPath', { value: process.env.STAND_IN_RESOURCES ?? dirname(program) })
if (!isPackaged) Object.defineProperty(process, 'defaultApp', { value: true })

const path = resolve(target ?? '.')
const folder = statSync(path).isDirectory() ? path : dirname(path)
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
inside.begin({
  name: manifest.productName ?? manifest.name ?? 'Electron',
  version: manifest.version ?? '0.0.0',
  path: folder,
  isPackaged,
})
process.on('uncaughtException', (error) => {
  console.error('A JavaScript error occurred in the main process', error)
  process.exit(1)
})
for (const module of preloaded) require(module)
process.argv = process.argv.filter((argument) => !/^--(inspect|remote-debugging-port|no-sandbox)/.test(argument))

// Whoever starts the app's own program again, as a worker, starts the stand-in; that has no window and needs no Chromium.
Object.defineProperty(process, 'execPath', { value: join(import.meta.dirname, 'electron') })
if (!process.argv.includes('--worker')) {
  const browser = await launchBrowser()
  inside.browser = browser
  process.stderr.write(`DevTools listening on ${browser.url}\n`)
}
await import(pathToFileURL(join(folder, manifest.main ?? 'index.js')).href)
inside.ready()
