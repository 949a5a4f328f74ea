import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { busyScene, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const running = idOf(0x7f3a_0001)
const ended = idOf(0xa8)

useBrowser()

test('Ctrl-K finds a task and an action by words, with the keyboard alone, and Escape leaves the focus where it was', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${ended}?tab=steps`)
  const { page, host } = window
  const { keyboard } = page
  const scripts = () => page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  expect((await scripts()).filter((name) => /commands|keys/.test(name))).toEqual([])
  const again = page.getByRole('button', { name: 'Run Again' })
  await again.focus()
  await keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Find an action or a task' })
  await field.waitFor()
  await keyboard.press('Escape')
  await field.waitFor({ state: 'detached' })
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Run Again')
  await page.getByRole('tab', { name: 'Steps', selected: true }).waitFor()

  await keyboard.press('Control+k')
  await field.waitFor()
  await keyboard.type('show changes')
  await keyboard.press('Enter')
  await page.getByRole('tab', { name: 'Changes', selected: true }).waitFor()

  await keyboard.press('Control+k')
  await field.waitFor()
  await keyboard.type('run again')
  await keyboard.press('Enter')
  await page.getByText('Started again').waitFor()
  await expect.poll(() => host.asked('retryTask')).toEqual([{ id: ended }])

  await keyboard.press('Control+k')
  await field.waitFor()
  await keyboard.type('webhook sender')
  const chosen = page.getByRole('listbox', { name: 'Actions and tasks' }).getByRole('option', { selected: true })
  await expect.poll(() => chosen.textContent()).toContain('Add retry with backoff to the webhook sender')
  await keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Add retry with backoff to the webhook sender' }).waitFor()
  expectNoFaults(window)
})

test('arrows choose, a stop is still asked for, and what is nowhere says so', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${running}`)
  const { page, host } = window
  const { keyboard } = page
  await keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Find an action or a task' })
  await field.waitFor()
  const options = page.getByRole('listbox', { name: 'Actions and tasks' }).getByRole('option')
  await expect.poll(() => options.count()).toBeGreaterThan(20)
  await keyboard.press('ArrowDown')
  await expect.poll(() => options.nth(1).getAttribute('aria-selected')).toBe('true')
  await expect.poll(() => field.getAttribute('aria-activedescendant')).toBe(await options.nth(1).getAttribute('id'))
  await keyboard.press('ArrowUp')
  await keyboard.press('ArrowUp')
  await expect.poll(() => options.last().getAttribute('aria-selected')).toBe('true')
  await keyboard.type('no such thing')
  await page.getByText('Nothing has “no such thing” in its name.').waitFor()
  await keyboard.press('Enter')
  await field.fill('stop…')
  await keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Stop this task?' }).waitFor()
  await expect.poll(() => host.asked('cancelTask')).toEqual([])
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1, name: /^Add retry/ }).waitFor()
  expectNoFaults(window)
})

test('the palette and the keys have no serious finding, light or dark, at 700 px', async () => {
  const size = { width: 700, height: 700 }
  await using window = await openWindow(busyScene, { colorScheme: 'light', viewport: size }, '', axe)
  const { page } = window
  const look = async (): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await seriousFindings(page), colorScheme).toEqual([])
    }
  }
  await page.getByRole('button', { name: 'Commands' }).click()
  await page.getByRole('combobox', { name: 'Find an action or a task' }).waitFor()
  await look()
  await page.keyboard.press('Escape')
  await page.getByRole('combobox', { name: 'Find an action or a task' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Shift+?')
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Find an action or a task').waitFor()
  await look()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'New Task' }).click()
  const text = page.getByRole('textbox', { name: 'What shall the agent do?' })
  await text.pressSequentially('why?')
  await expect.poll(() => text.inputValue()).toBe('why?')
  expectNoFaults(window)
})
