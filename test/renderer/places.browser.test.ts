import { expect, test } from 'vitest'
import { checkFailed, reviewScene, scriptReview } from '../support/claude/scripted-review.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, calmScene, finishedTask, historyScene, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

const running = idOf(0x7f3a_0001)
const ended = idOf(0xa8)

test('Back and Forward of the browser go where the user was, with what was chosen there, and a reload stays', async () => {
  await using window = await openWindow(busyScene, {}, '#history')
  const { page } = window
  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
  await page.getByRole('searchbox').fill('webhook')
  await expect.poll(() => page.url()).toMatch(/#history\?search=webhook$/)
  await page.goto(`${page.url().split('#')[0]}#task/${ended}`)
  await page.getByRole('tab', { name: 'Changes' }).click()
  await expect.poll(() => page.url()).toMatch(/\?tab=changes$/)
  await page.reload()
  await page.getByRole('tab', { name: 'Changes', selected: true }).waitFor()
  await page.goBack()
  await heading('History')
  await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('webhook')
  await page.goForward()
  await page.getByRole('tab', { name: 'Changes', selected: true }).waitFor()
  expectNoFaults(window)
})

test('Back of the window is Back of the browser: no entry is made for the way back', async () => {
  await using window = await openWindow(historyScene, {}, '#history')
  const { page } = window
  const entries = () => page.evaluate(() => history.length)
  const before = await entries()
  await page.getByRole('grid').press('ArrowDown')
  await page.getByRole('grid').press('Enter')
  await page.getByRole('button', { name: 'Back' }).click()
  await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
  await expect.poll(() => entries()).toBe(before + 1)
  await page.goForward()
  await page.getByRole('tab', { name: 'Result' }).waitFor()
  expectNoFaults(window)
})

test('a task at work opens on its steps, at the newest, and stays there until the reader goes up', async () => {
  const step = (at: number) => ({ kind: 'said' as const, at: null, text: `step ${at}\n${'more\n'.repeat(at % 7)}` })
  const many: Scene = { ...busyScene, steps: { [running]: Array.from({ length: 300 }, (_, at) => step(at)) } }
  await using window = await openWindow(many, {}, `#task/${running}`)
  const { page } = window
  const list = page.getByRole('region', { name: 'Steps' })
  const fromEnd = () => list.evaluate((it) => Math.round(it.scrollHeight - it.scrollTop - it.clientHeight))
  await page.getByText('step 299').waitFor()
  await expect.poll(fromEnd).toBeLessThan(2)
  await page.waitForTimeout(300)
  await expect.poll(() => fromEnd()).toBeLessThan(2)
  await list.hover()
  await page.mouse.wheel(0, -900)
  await expect.poll(fromEnd).toBeGreaterThan(500)
  await page.setViewportSize({ width: 900, height: 700 })
  await page.waitForTimeout(200)
  await expect.poll(() => fromEnd()).toBeGreaterThan(300)
  expectNoFaults(window)
})

test('three clicks on Run Again are one task, and it says so', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${ended}`)
  const { page, host } = window
  const { promise: waits, resolve: started } = Promise.withResolvers<void>()
  host.answer('retryTask', async () => {
    await waits
    return { id: running }
  })
  const button = page.getByRole('button', { name: 'Run Again' })
  await button.evaluate((it: HTMLElement) => {
    it.click()
    it.click()
  })
  await page.getByRole('button', { name: 'Starting…' }).click({ force: true })
  started()
  await page.getByText('Started again').waitFor()
  await expect.poll(() => host.asked('retryTask')).toHaveLength(1)
})

test('work whose check failed is accepted only after a question', async () => {
  await using window = await openWindow(reviewScene, {}, `#review/${checkFailed}`)
  const { page, host } = window
  scriptReview(host)
  await page.reload()
  const accept = page.getByRole('button', { name: 'Accept All' })
  await accept.waitFor()
  await expect.poll(() => accept.getAttribute('class')).not.toContain('primary')
  await accept.click()
  await page.getByRole('dialog').getByText('Its check failed').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => host.asked('acceptTask')).toEqual([])
})

test('after its end a task says where its commits are, not where they will be', async () => {
  await using window = await openWindow(calmScene, {}, `#task/${running}?tab=steps`)
  const { page, host } = window
  const details = page.getByRole('complementary', { name: 'Details' })
  await details.getByText('When it ends').waitFor()
  const row = finishedTask(1, 'Add retry', 'billing-api', { outcome: 'merged' }, [0, 724, 200_000, 0.9])
  host.tell({ kind: 'task', task: { ...row, id: running } })
  await details.getByText('Merged into').waitFor()
  await expect.poll(() => details.getByText(/When it ends|Saved to|Kept at/).count()).toBe(0)
})

test('a copy after a search is of the whole console, and a screen reader has its lines', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${running}?tab=console`)
  const { page } = window
  await page.locator('.xterm-accessibility').getByText('23 passed').waitFor({ state: 'attached' })
  await page.keyboard.press('Control+f')
  await page.keyboard.type('sender.ts')
  await page.getByText('3 of 3').waitFor()
  await page.getByRole('button', { name: /^Copy what/ }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('23 passed')
})

test('with forced colours the current view, the chosen tab and the primary button still stand out', async () => {
  await using window = await openWindow(busyScene, { forcedColors: 'active' }, `#task/${ended}`)
  const { page } = window
  const ground = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((it) => getComputedStyle(it).backgroundColor)
  await expect
    .poll(() => ground('.choice [aria-selected="true"]'))
    .not.toBe(await ground('.choice [aria-selected="false"]'))
  await page.goto(`${page.url().split('#')[0]}#slots`)
  await expect.poll(() => ground('.nav [aria-current]')).not.toBe(await ground('.nav button:not([aria-current])'))
  const width = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((it) => getComputedStyle(it).borderTopWidth)
  await expect.poll(() => width('.button.primary')).toBe('2px')
})
