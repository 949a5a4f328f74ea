import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import { busyScene, historyScene, idOf, onDesktop } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

test('a task is written, started, looked at and left with the keyboard alone', async () => {
  await using window = await openWindow(busyScene)
  const { page, host } = window
  const { keyboard } = page
  await keyboard.press('Control+n')
  await page.getByRole('heading', { name: 'New Task' }).waitFor()
  await keyboard.type('Fix the clock')
  await keyboard.press('Shift+Tab')
  await keyboard.type('store')
  await keyboard.press('Tab')
  await keyboard.press('Tab')
  await keyboard.type('90')
  await keyboard.press('Control+Enter')
  await page.getByRole('heading', { name: 'Cache product lookups for an hour' }).waitFor()
  await expect
    .poll(() => host.lastAsked('runTask'))
    .toEqual({
      repo: 'storefront',
      description: 'Fix the clock',
      queue: true,
      priority: 0,
      timeoutMs: 90 * 60_000,
    })
  await keyboard.press('Escape')
  await page.getByRole('heading', { name: 'Slots' }).waitFor()
  expectNoFaults(window)
})

test('arrows go from slot to slot; Return opens one, and Escape comes back to it', async () => {
  await using window = await openWindow(busyScene)
  const { page } = window
  const { keyboard } = page
  const focused = () => page.evaluate(() => document.activeElement?.textContent)
  await page.getByRole('button', { name: /^Slot 1,/ }).focus()
  await keyboard.press('ArrowRight')
  await expect.poll(() => focused()).toMatch(/^Slot 2,/)
  await keyboard.press('ArrowDown')
  await expect.poll(() => focused()).toMatch(/^Slot 7,/)
  await keyboard.press('ArrowLeft')
  await keyboard.press('ArrowUp')
  await expect.poll(() => focused()).toMatch(/^Slot 1,/)
  await keyboard.press('Enter')
  await page.getByRole('tab', { name: 'Steps', selected: true }).focus()
  for (const name of ['Changes', 'Terminal', 'Result', 'Console']) {
    await keyboard.press('ArrowRight')
    await page.getByRole('tab', { name, selected: true }).waitFor()
  }
  await keyboard.press('Escape')
  await page.getByRole('heading', { name: 'Slots' }).waitFor()
  await expect.poll(() => focused()).toMatch(/^Slot 1,/)
})

test('a stop is asked for, and Escape leaves the task as it is', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${idOf(0x7f3a_0001)}`)
  const { page, host } = window
  const { keyboard } = page
  await page.getByRole('button', { name: 'Stop' }).focus()
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => host.asked('cancelTask')).toEqual([])
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Stop')
  await keyboard.press('Enter')
  await keyboard.press('Tab')
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => host.lastAsked('cancelTask')).toEqual({ id: idOf(0x7f3a_0001) })
})

test('every view has its key, and the menu of a task its arrows', async () => {
  await using window = await openWindow(onDesktop(busyScene), {}, `#task/${idOf(0xa8)}`)
  const { page, host } = window
  const { keyboard } = page
  await page.getByRole('button', { name: 'More actions' }).focus()
  await keyboard.press('Enter')
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await expect.poll(() => host.lastAsked('openTask')).toEqual({ id: idOf(0xa8), with: 'finder' })
  const views = ['Slots', 'Needs You', 'History', 'Repositories', 'Set-up', 'Settings']
  for (const [index, name] of views.entries()) {
    await keyboard.press(`Control+${index + 1}`)
    await page.getByRole('heading', { level: 1, name }).waitFor()
  }
})

test('ten thousand tasks: a handful of rows, each reached by keys', async () => {
  await using window = await openWindow(historyScene, {}, '#history')
  const { page } = window
  const { keyboard } = page
  const rows = page.getByRole('row')
  await rows.nth(1).waitFor()
  await expect.poll(() => rows.count()).toBeLessThan(80)
  await page.getByRole('grid').focus()
  await keyboard.press('End')
  const last = page.getByRole('row', { selected: true })
  await expect.poll(() => last.textContent()).toContain('(0)')
  await expect.poll(() => last.getAttribute('aria-rowindex')).toBe('10001')
  await expect.poll(() => last.isVisible()).toBe(true)
  await keyboard.press('PageUp')
  await keyboard.press('Home')
  await keyboard.press('Space')
  await page.getByRole('region', { name: 'At a glance' }).getByText('(9999)').waitFor()
  await keyboard.press('ArrowDown')
  await page.getByRole('region', { name: 'At a glance' }).getByText('(9998)').waitFor()
  await keyboard.press('Space')
  await expect.poll(() => page.getByRole('region', { name: 'At a glance' }).count()).toBe(0)
  await keyboard.press('ArrowUp')
  await expect.poll(() => last.textContent()).toContain('(9999)')
  await keyboard.press('Control+f')
  await keyboard.type('mailer 9986')
  await expect.poll(() => rows.count()).toBe(2)
  await keyboard.press('Escape')
  await expect.poll(() => rows.count()).toBeGreaterThan(20)
  await page.getByRole('grid').focus()
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await page.getByRole('tab', { name: 'Result', selected: true }).waitFor()
  await keyboard.press('Escape')
  await page.getByRole('heading', { name: 'History' }).waitFor()
  expectNoFaults(window)
})

test('what the host refuses is said where it was asked, with the cure, and nothing that was typed is lost', async () => {
  await using window = await openWindow(busyScene, {}, '#new-task')
  const { page, host } = window
  host.answer('runTask', () => {
    throw new AppError('slots-busy', 'All 10 slots are busy', { hint: 'Wait for one' })
  })
  await page.getByRole('textbox', { name: 'What shall the agent do?' }).fill('Fix it')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('alert').getByText('All 10 slots are busy').waitFor()
  await expect.poll(() => page.getByRole('textbox', { name: 'What shall the agent do?' }).inputValue()).toBe('Fix it')
})

test('a setting is taken when its field is left, and a value that cannot be is named', async () => {
  await using window = await openWindow(busyScene, {}, '#settings')
  const { page, host } = window
  const changes = () => host.asked('changeSettings')
  await page.getByText(/^This host has [\d,]+ MiB: room for .* such machines? at most\.$/).waitFor()
  const memory = page.getByLabel('Memory of a machine')
  const usual = await memory.inputValue()
  await memory.fill('999999')
  await page
    .getByRole('alert')
    .getByText(/^At most [\d,]+\.$/)
    .waitFor()
  await page.keyboard.press('Tab')
  await expect.poll(changes).toEqual([])
  await memory.fill(usual)
  const field = page.getByLabel('Processors of a machine')
  await field.fill('99')
  await page.getByRole('alert').getByText('At most 8.').waitFor()
  await page.keyboard.press('Tab')
  await expect.poll(changes).toEqual([])
  await field.fill('8')
  await page.keyboard.press('Enter')
  await expect.poll(changes).toEqual([{ changes: { cpus: 8 } }])
  await page.getByLabel('Cost limit of a task').fill('')
  await page.keyboard.press('Tab')
  await expect.poll(changes).toEqual([{ changes: { cpus: 8 } }, { changes: { maxCostUsd: null } }])
})
