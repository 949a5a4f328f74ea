import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { appDirectory } from '../support/window/build-app.ts'
import { callHost, startApp } from '../support/window/desktop-app.ts'
import { mutantApp } from '../support/window/mutant-app.ts'

/** A server of somebody else's on this host, and the paths that it was asked for. */
async function stranger() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.setHeader('content-type', 'text/html').end('<title>Stranger</title>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

interface Attack {
  readonly page: Page
  readonly app: ElectronApplication
  readonly url: string
  readonly asked: readonly string[]
}

/** What the page says once the attack had its time: it answers a call of the bridge after it, or is gone. */
const settled = async ({ page }: Attack): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await callHost(page, 'host', {}).catch(() => undefined)
}

interface Lock {
  readonly title: string
  /** The code of the lock, and what is there without it. */
  readonly code: RegExp
  readonly without: string
  /** Whether the attack came through. */
  readonly attack: (attack: Attack) => Promise<boolean>
}

const locks: readonly Lock[] = [
  {
    title: 'the page leads nowhere else',
    code: /contents\.on\("will-navigate", .*\);/,
    without: '',
    attack: async (attack) => {
      await attack.page.evaluate(`location.href = '${attack.url}/navigated'; undefined`).catch(() => undefined)
      await settled(attack)
      return attack.asked.includes('/navigated')
    },
  },
  {
    title: 'the page opens no other window',
    code: /return \{ action: "deny" \};/,
    without: 'return { action: "allow" };',
    attack: async (attack) => {
      await attack.page.evaluate(`window.open('${attack.url}/popup'); undefined`)
      await settled(attack)
      return attack.asked.includes('/popup')
    },
  },
  {
    title: 'the policy lets the page speak with nobody else',
    code: /"content-security-policy":/,
    without: '"no-policy":',
    attack: async (attack) => {
      // Asked for the policy's own word: Chromium has reasons of its own to keep a page from addresses of this host.
      await attack.page.evaluate(`{
        window.refused = []
        document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective))
        fetch('${attack.url}/fetched', { mode: 'no-cors' }).catch(() => undefined)
      }`)
      await settled(attack)
      return !((await attack.page.evaluate('window.refused')) as readonly string[]).includes('connect-src')
    },
  },
  {
    title: 'the policy runs no script that is not our own',
    code: /"content-security-policy":/,
    without: '"no-policy":',
    attack: async ({ page }) =>
      await page.evaluate(`{
        const script = document.createElement('script')
        script.textContent = 'window.injected = true'
        document.head.append(script)
        window.injected === true
      }`),
  },
  {
    title: 'the page has no permission',
    code: /defaultSession\.setPermissionCheckHandler\(.*\);/,
    without: 'defaultSession.setPermissionCheckHandler(() => true);',
    attack: async ({ page }) =>
      (await page.evaluate("navigator.permissions.query({ name: 'geolocation' }).then(({ state }) => state)")) ===
      'granted',
  },
  {
    title: 'only the window of the app may ask',
    code: /const page = this\.#pageOf\(event\);/,
    without: 'const [page] = this.#pages.values();',
    attack: async ({ app }) => {
      const opened = app.waitForEvent('window')
      const preload = join(appDirectory, 'dist/preload/index.cjs')
      await app.evaluate(({ BrowserWindow }, path) => {
        const options = { sandbox: true, contextIsolation: true, nodeIntegration: false, preload: path }
        void new BrowserWindow({ show: false, webPreferences: options }).loadURL('app://window/')
      }, preload)
      const other = await opened
      await other.locator('#window').waitFor({ state: 'attached' })
      const answer = await callHost(other, 'host', {}).catch((error: Error) => error.message)
      if (typeof answer !== 'string') return true
      expect(answer).toContain('Only the window of this app may ask')
      return false
    },
  },
  {
    title: 'the bridge carries no other names',
    code: /Object\.hasOwn\(requests, name\) \?/,
    without: 'true ?',
    attack: async ({ page }) =>
      await page.evaluate("window.host.call('constructor', {}).then(() => true, () => false)"),
  },
]

test.each(locks)('$title, and would without its lock', async ({ code, without, attack }) => {
  const come = async (directory: string): Promise<boolean> => {
    const { asked, url } = await stranger()
    const { app, firstPage } = await startApp({ directory })
    const page = await firstPage()
    const cameThrough = await attack({ app, page, url, asked })
    await app.close().catch(() => undefined)
    return cameThrough
  }
  expect(await come(appDirectory)).toBe(false)
  expect(await come(await mutantApp(code, without))).toBe(true)
})

test('a preview opens in a window of its own, with a session of its own and no bridge, and leads nowhere else', async () => {
  const { asked, url } = await stranger()
  const { app, firstPage } = await startApp()
  const page = await firstPage()
  const preview = `http://abcd1234-5173-0123456789abcdef.localhost:${new URL(url).port}/`
  const opened = app.waitForEvent('window')
  await page.evaluate(`window.open('${preview}', '_blank', 'noopener'); undefined`)
  const shown = await opened
  await expect.poll(() => shown.title()).toBe('Stranger')
  await expect.poll(() => shown.url()).toBe(preview)
  await expect.poll(() => shown.evaluate('typeof window.host')).toBe('undefined')
  await shown.evaluate(`location.href = '${url}/navigated'; undefined`).catch(() => undefined)
  await shown.evaluate(`window.open('${url}/popup'); undefined`).catch(() => undefined)
  await expect
    .poll(() =>
      app.evaluate(({ BrowserWindow, session }) =>
        BrowserWindow.getAllWindows().map(({ webContents }) => webContents.session === session.defaultSession),
      ),
    )
    .toEqual([true, false])
  expect(asked.filter((path) => path !== '/favicon.ico')).toEqual(['/'])
})

test('the page has the bridge, frozen, and nothing else of the app', async () => {
  const { firstPage } = await startApp()
  const page = await firstPage()
  const seen = await page.evaluate(`({
    bridge: Object.keys(window.host),
    isFrozen: Object.isFrozen(window.host),
    others: [typeof require, typeof process, typeof module, typeof window.ipcRenderer, typeof window.__toMain],
  })`)
  expect(seen).toEqual({
    bridge: ['call', 'listen', 'pathOf'],
    isFrozen: true,
    others: Array.from({ length: 5 }, () => 'undefined'),
  })
})
