import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { windowDirectory } from '../support/window/build-window.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'
import { workingTask } from '../support/working-task.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** The terminal of a task at work, in the real window of a real server. */
async function openTerminal(): Promise<{ page: Page; faults: string[]; end(): Promise<void> }> {
  const { server, id, end } = await workingTask({ page: windowDirectory })
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, reducedMotion: 'reduce' })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  await page.addInitScript({ path: axe })
  await page.goto(server.pageUrl)
  await page.getByRole('heading', { name: 'Slots', level: 1 }).waitFor()
  await page.evaluate((hash) => (location.hash = hash), `task/${id}?tab=terminal`)
  await page.getByRole('textbox', { name: /^Shell in the machine/ }).waitFor()
  return { page, faults, end }
}

const shows = (page: Page, words: string) => page.locator('.xterm-accessibility').getByText(words).first().waitFor()

test('a shell in the window: what is typed is run in the machine, its screen is as large as the box, and other tabs leave it alone', async () => {
  const { page, faults, end } = await openTerminal()
  await page.getByText('never type a password').waitFor()
  const terminal = page.getByRole('textbox', { name: /^Shell in the machine/ })
  await terminal.focus()
  await page.keyboard.type('echo "sum $((40 + 2))"; stty size\n')
  await shows(page, 'sum 42')
  const rows = await page.locator('.xterm-rows > div').count()
  await shows(page, `${rows} `)
  await page.keyboard.type('sleep 0.5; echo "and $((1 + 1)) more"\n')
  await page.getByRole('tab', { name: 'Steps' }).click()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.getByRole('tab', { name: 'Terminal', selected: true }).waitFor()
  await shows(page, 'and 2 more')
  expect(await seriousFindings(page)).toEqual([])

  // A guest's words change nothing but its screen.
  const title = await page.title()
  // The shell has Escape, and Ctrl-] goes back to the tabs.
  await terminal.focus()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+]')
  await page.getByRole('tab', { name: 'Terminal', selected: true }).and(page.locator(':focus')).waitFor()
  await terminal.focus()
  const owned = String.raw`printf '\033]0;owned\007\033]52;c;b3duZWQ=\007\033]8;;http://evil.test\007link\033]8;;\007\n'`
  await page.keyboard.type(`\n${owned}\n`)
  await shows(page, 'link')
  await expect.poll(() => page.title()).toBe(title)

  await page.setViewportSize({ width: 1180, height: 560 })
  await page.keyboard.type('clear; stty size\n')
  await expect.poll(() => page.locator('.xterm-rows > div').count()).toBeLessThan(rows)
  await page.keyboard.type('exit\n')
  await page.getByText('The shell has ended.').waitFor()
  await page.getByRole('button', { name: 'New Shell' }).click()
  await page.getByRole('textbox', { name: /number 2$/ }).waitFor()
  await end()
  await page.getByText('The machine is off').waitFor()
  expect(faults).toEqual([])
})
