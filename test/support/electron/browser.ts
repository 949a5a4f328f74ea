import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-popup-blocking',
  '--disable-sync',
  '--no-first-run',
  '--no-startup-window',
  '--password-store=basic',
  '--remote-debugging-port=0',
]

export type Params = Readonly<Record<string, unknown>>

/** One Chromium, spoken to over its DevTools protocol. Events come under `METHOD`, those of a page under `SESSION/METHOD`. */
export class Browser extends EventEmitter {
  readonly url: string
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #last = 0

  constructor(url: string, socket: WebSocket) {
    super()
    this.setMaxListeners(0)
    this.url = url
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium has ended'))
    })
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers have as many shapes as the protocol has methods
  send(method: string, params: Params = {}, sessionId?: string): Promise<any> {
    const id = ++this.#last
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(id, { resolve, reject })
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }))
    return promise
  }

  #receive(message: {
    id?: number
    result?: unknown
    error?: { message: string }
    method: string
    params: unknown
    sessionId?: string
  }) {
    if (message.id === undefined) {
      this.emit(message.sessionId ? `${message.sessionId}/${message.method}` : message.method, message.params)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error) waiting?.reject(new Error(message.error.message))
    else waiting?.resolve(message.result)
  }
}

/** Starts Chromium with a profile of its own; both are gone when this process ends. */
export async function launchBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'stand-in-chromium-'))
  const child = spawn(process.env.STAND_IN_CHROMIUM ?? 'chromium', [...flags, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.on('exit', () => {
    child.kill('SIGKILL')
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000)
      const found = /DevTools listening on (ws:\S+)/.exec(said)
      if (found?.[1]) resolve(found[1])
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said}`)))
  })
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('Chromium does not answer')), { once: true })
  })
  const browser = new Browser(url, socket)
  await browser.send('Target.setDiscoverTargets', { discover: true })
  return browser
}
