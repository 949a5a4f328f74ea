import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { busyScene, hostileScene, hostileText, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

const id = idOf(0x7f3a_0001)
const hash = `#task/${id}?tab=console`
const shown = (page: Page) => page.evaluate(() => document.querySelector('.xterm-rows')?.textContent ?? '')
const shows = (page: Page, text: string) => expect.poll(() => shown(page)).toContain(text)

test('a console follows, a piece at a time, however much comes', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page, host } = window
  await shows(page, '23 passed')
  const line = `${'flood '.repeat(20)}\r\n`
  for (let part = 0; part < 40; part += 1) host.print(id, line.repeat(1_000))
  host.print(id, 'the very last line\r\n')
  await shows(page, 'the very last line')
  await expect.poll(host.mostReads).toBe(1)
  host.endConsole(id)
  await page.getByText(/^The machine is off/).waitFor()
  expectNoFaults(window)
})

test('a paused console takes nothing more, and goes on where it was', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page, host } = window
  await shows(page, '23 passed')
  await page.getByRole('button', { name: 'Following' }).click()
  host.print(id, 'said in the pause\r\n')
  await page.getByText('Paused. New output waits.').waitFor()
  const reads = () => host.asked('readConsole').then((all) => all.length)
  const before = await reads()
  for (let part = 0; part < 5; part += 1) host.print(id, `more ${part}\r\n`)
  await expect.poll(() => shown(page)).not.toContain('said in the pause')
  await expect.poll(reads).toBe(before)
  await page.getByRole('button', { name: 'Follow', exact: true }).click()
  await shows(page, 'more 4')
  await shows(page, 'said in the pause')
})

test('who scrolls up is not taken down again', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page, host } = window
  host.print(id, Array.from({ length: 200 }, (_, index) => `line ${index}\r\n`).join(''))
  await shows(page, 'line 199')
  await page.getByRole('region', { name: /^Console of/ }).hover()
  await page.mouse.wheel(0, -2_000)
  await page.getByRole('button', { name: 'Paused' }).waitFor()
  host.print(id, 'new line\r\n')
  await page.getByText('Paused. New output waits.').waitFor()
  await expect.poll(() => shown(page)).not.toContain('line 199')
})

test('what is looked for is found, counted and gone to', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page } = window
  await shows(page, '23 passed')
  await page.keyboard.press('Control+f')
  await page.keyboard.type('sender.ts')
  await page.getByText('3 of 3').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('1 of 3').waitFor()
  await page.keyboard.press('Shift+Enter')
  await page.getByText('3 of 3').waitFor()
  expectNoFaults(window)
})

/**
 * Where a text is. It is clicked by the pointer alone: the terminal's own layer lies above the text, and whenever it draws again another
 * element has the same place.
 */
async function boxOf(text: Locator) {
  for (;;) {
    const box = await text.boundingBox()
    if (box) return { ...box, middle: [box.x + box.width / 2, box.y + box.height / 2] as const }
  }
}

test('what is selected is copied, by key and by button; all of it when nothing is', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page } = window
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await shows(page, '23 passed')
  await page.getByRole('button', { name: /^Copy what/ }).click()
  await expect.poll(copied).toContain('Linux version')
  await expect.poll(copied).toContain('23 passed')
  const error = await boxOf(page.getByText('AssertionError').first())
  await page.mouse.dblclick(error.x + 60, error.middle[1])
  await page.keyboard.press('Control+c')
  await expect.poll(copied).toBe('AssertionError:')
  await page.mouse.dblclick(...(await boxOf(page.getByText('signature').first())).middle)
  await page.getByRole('button', { name: /^Copy what/ }).click()
  await expect.poll(copied).toContain('signature')
  await expect.poll(copied).not.toContain('passed')
})

test('the whole console is saved byte for byte, and what is not shown can be looked at', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page, host } = window
  const long = idOf(0x7f3a_0002)
  const text = `the first line\r\n${'x'.repeat(78)}\r\n`.repeat(1).padEnd(700_000, 'filler\r\n')
  host.print(long, text)
  await page.goto(`${host.url}#task/${long}?tab=console`)
  await page.getByText(/^The first .* are not shown here/).waitFor()
  await page.getByRole('button', { name: 'Show Earlier Output' }).click()
  const earlier = page.getByRole('region', { name: /^Earlier console/ })
  await earlier.waitFor()
  await page.getByRole('button', { name: 'Back to the End' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the whole console' }).click()
  const path = await (await download).path()
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('colours of every kind are shown under the policy', async () => {
  await using window = await openWindow(busyScene, {}, hash)
  const { page, host } = window
  host.print(id, '\u001b[38;2;1;2;3;48;2;250;250;250mexact\u001b[0m \u001b[31mred\u001b[0m\r\n')
  await shows(page, 'exact red')
  const colour = (text: string) =>
    page.evaluate((wanted) => {
      const spans = [...document.querySelectorAll('.xterm-rows span')].filter((span) => span.textContent === wanted)
      const last = spans.at(-1)
      return last && getComputedStyle(last).color
    }, text)
  await expect.poll(() => colour('exact')).toBe('rgb(1, 2, 3)')
  await expect.poll(() => colour('red')).not.toBe(await colour('exact'))
  expectNoFaults(window)
})

test('what a hostile guest writes to its console does nothing but stand there', async () => {
  await using window = await openWindow(hostileScene, {}, hash)
  const { page, host } = window
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  const popups: unknown[] = []
  page.on('popup', (popup) => popups.push(popup))
  page.on('dialog', (dialog) => popups.push(dialog))
  host.print(
    id,
    [
      '\u001b]0;owned\u0007',
      '\u001b]2;owned\u0007',
      `\u001b]52;c;${Buffer.from('owned').toString('base64')}\u0007`,
      '\u001b]8;;https://owned.example\u0007click here\u001b]8;;\u0007',
      '\u001b[?1000h\u001b[?1003h\u001b[?1006h\u001b[?1004h\u001b[?2004h',
      '\u001b[21t\u001b[6n\u001b[c\u001bP$q"p\u001b\\\u0007',
      '\r\nthe end\r\n',
    ].join(''),
  )
  await shows(page, 'the end')
  await shows(page, hostileText)
  await page.mouse.click(...(await boxOf(page.getByText('click here').last())).middle)
  await expect.poll(() => page.title()).toMatch(/^(\(\d+\) )?microvm-orchestrator$/)
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  await expect.poll(() => page.locator('.xterm a, .xterm img, .xterm script').count()).toBe(0)
  await expect.poll(() => page.locator('.xterm.enable-mouse-events').count()).toBe(0)
  expect(popups).toEqual([])
  const known = ['host', 'snapshot', 'task', 'readConsole']
  await expect.poll(async () => (await host.askedNames()).filter((name) => !known.includes(name))).toEqual([])
  expectNoFaults(window)
})

test('what a hostile guest or repository is called stays text in every view', async () => {
  for (const place of ['', hash, '#conflicts', '#history', '#repositories', '#new-task']) {
    await using window = await openWindow(hostileScene, {}, place)
    const { page } = window
    if (place === hash) {
      await page.getByRole('tab', { name: 'Steps' }).click()
      await page.getByText(hostileText).nth(3).waitFor()
    }
    await page.getByText(hostileText).first().waitFor({ state: 'attached' })
    await expect.poll(() => page.locator('img, #window script').count()).toBe(0)
    await expect.poll(() => page.title()).toMatch(/^(\(\d+\) )?microvm-orchestrator$/)
    expectNoFaults(window)
  }
})
