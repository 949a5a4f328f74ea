import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import type { SlotId } from '../../main/core/task/task.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, finishedTask, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, type OpenWindow, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const ended = idOf(0xa8)
const story: Scene = {
  ...busyScene,
  steps: { ...busyScene.steps, [ended]: [{ kind: 'said', at: null, text: 'All amounts are rounded now.' }] },
}
const parts = ({ page }: OpenWindow) => ({
  field: page.getByRole('textbox', { name: 'What it is to do next' }),
  button: page.getByRole('button', { name: 'Continue', exact: true }),
})

useBrowser()

test('a task that has ended goes on once with the text below its steps, and its new steps are followed', async () => {
  await using window = await openWindow(story, {}, `#task/${ended}?tab=steps`)
  const { page, host } = window
  const { field, button } = parts(window)
  const { promise: waits, resolve: accepted } = Promise.withResolvers<void>()
  host.answer('continueTask', async () => {
    await waits
    return {}
  })
  await page.getByText('All amounts are rounded now.').waitFor()
  await expect.poll(() => button.isDisabled()).toBe(true)
  await field.fill('And now the tests')
  await button.evaluate((it: HTMLElement) => {
    it.click()
    it.click()
  })
  await field.press('Control+Enter')
  await page.getByRole('button', { name: 'Continuing…' }).click({ force: true })
  accepted()
  await page.getByText('It goes on', { exact: true }).waitFor()
  await expect.poll(() => window.host.asked('continueTask')).toEqual([{ id: ended, text: 'And now the tests' }])
  await expect.poll(() => field.inputValue()).toBe('')

  const row = finishedTask(1, 'Fix rounding', 'billing-api', { outcome: 'merged' }, [0, 724, 200_000, 0.9])
  const more = { kind: 'said', at: null, text: 'The tests are there, too.' } as const
  host.answer('readSteps', ({ wait, after }) =>
    wait && after > 0 ? new Promise(() => undefined) : { steps: [more], from: 0, next: 1, ended: false },
  )
  host.tell({ kind: 'task', task: { ...row, id: ended, state: { phase: 'working', slot: 1 as SlotId } } })
  await page.getByText('The tests are there, too.').waitFor()
  await expect.poll(() => field.count()).toBe(0)
  expectNoFaults(window)
})

test('where its clone is gone, buttons lead to the two other ways, and what was written goes along', async () => {
  await using window = await openWindow(story, { colorScheme: 'light' }, `#task/${ended}`, axe)
  const { page, host } = window
  const { field, button } = parts(window)
  host.answer('continueTask', () => {
    throw new AppError('task-ended', `Task ${ended} has no clone to go on in`, { hint: 'retry_task starts it' })
  })
  await field.fill('And now the tests')
  await button.click()
  const alert = page.getByRole('alert')
  await alert.getByText('has no clone to go on in').waitFor()
  await expect.poll(() => alert.textContent()).not.toContain('retry_task')
  await alert.getByRole('button', { name: 'Run Again' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
  }
  await alert.getByRole('button', { name: 'New Task on Its Work' }).click()
  await expect
    .poll(() => page.getByRole('textbox', { name: 'What shall the agent do?' }).inputValue())
    .toBe('And now the tests')
  await expect.poll(() => page.getByRole('textbox', { name: 'Start from' }).inputValue()).toBe(ended)
  expectNoFaults(window)
})

test('a task at its limit goes on with more room, and a text that is being written outlives a look elsewhere', async () => {
  await using window = await openWindow(story, {}, `#task/${ended}?tab=changes`)
  const { page, host } = window
  const { field, button } = parts(window)
  host.answer('continueTask', ({ maxCostUsd }) => {
    if (maxCostUsd === undefined) throw new AppError('cost-limit', 'It has cost $5.00 of its limit of $5')
    return {}
  })
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Continue…' }).click()
  await page.keyboard.type('Go on')
  await page.keyboard.press('Control+1')
  await page.getByRole('heading', { level: 1, name: 'Slots' }).waitFor()
  await page.goBack()
  await page.getByRole('tab', { name: 'Changes', selected: true }).waitFor()
  await expect.poll(() => field.inputValue()).toBe('Go on')
  await button.click()
  await page.getByRole('alert').getByText('Give it more room').waitFor()
  await page.getByRole('textbox', { name: 'Cost, US dollars' }).fill('9')
  await button.click()
  await page.getByRole('tab', { name: 'Steps', selected: true }).waitFor()
  await expect.poll(() => window.host.lastAsked('continueTask')).toEqual({ id: ended, text: 'Go on', maxCostUsd: 9 })
  expectNoFaults(window)
})
