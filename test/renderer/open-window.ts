import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { windowDirectory } from '../support/window/build-window.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'
import { type Scene, startWindowHost, type WindowHost } from '../support/window/window-host.ts'
import { sceneTime } from '../support/window/window-story.ts'

export interface OpenWindow extends AsyncDisposable {
  readonly page: Page
  readonly host: WindowHost
  /** What the page's policy refused, and errors that nobody caught; a window has none. */
  readonly faults: readonly string[]
}

let browser: Browser | undefined

/** One browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
  })
}

/** The window on the scene, in a profile of its own, when the clock says what the scene's does. `script` is a file for the page. */
export async function openWindow(
  scene: Scene,
  options: BrowserContextOptions = {},
  hash = '',
  script?: string,
): Promise<OpenWindow> {
  if (!browser) throw new Error('useBrowser comes first')
  const host = await startWindowHost(scene, windowDirectory)
  const context = await browser.newContext({
    viewport: { width: 1180, height: 760 },
    timezoneId: 'UTC',
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`${error.name}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    )
  })
  if (scene.host.kind === 'desktop') await page.addInitScript(actAsDesktop)
  if (script !== undefined) await page.addInitScript({ path: script })
  await page.clock.setFixedTime(sceneTime)
  await page.goto(host.url + hash)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor()
  // With them come the keys, notices and styles of all views.
  await page.locator('.notices').waitFor({ state: 'attached' })
  return {
    page,
    host,
    faults,
    async [Symbol.asyncDispose]() {
      await context.close()
      await host[Symbol.asyncDispose]()
    },
  }
}

/** A page of its own for what no window is to be opened for. */
export async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
  if (!browser) throw new Error('useBrowser comes first')
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
  await use(page).finally(() => page.close())
}

/** The bridge that a preload would give, over the same HTTP; it tells where dropped folders are. Runs in the page. */
function actAsDesktop(): void {
  const stream = new EventSource('/api/window/events')
  const bridge = {
    call: async (name: string, request: unknown) => {
      const response = await fetch(`/api/window/${name}`, { method: 'POST', body: JSON.stringify(request) })
      return await response.json()
    },
    listen: (name: string, listener: (notice: unknown) => void) => {
      const take = ({ data }: MessageEvent<string>): void => {
        const told = JSON.parse(data) as { name: string; notice: unknown }
        if (told.name === name) listener(told.notice)
      }
      stream.addEventListener('message', take)
      return () => stream.removeEventListener('message', take)
    },
    pathOf: (file: unknown) => `/home/kim/code/${(file as File).name}`,
  }
  Object.defineProperty(window, 'host', { value: bridge })
}

/** Fails with what the policy refused or nobody caught. */
export const expectNoFaults = ({ faults }: OpenWindow): void => expect(faults).toEqual([])
