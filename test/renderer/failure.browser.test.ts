import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { errorScene, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const failed = idOf(0xa5)

useBrowser()

test('a task that failed shows the step at which it did, its last lines as lines, and the ways on', async () => {
  await using window = await openWindow(errorScene, { colorScheme: 'light' }, `#task/${failed}`, axe)
  const { page, host } = window
  const path = page.getByRole('region', { name: 'Where it failed' })
  await path.getByText('nix develop -c cargo test').waitFor()
  const output = path.locator('.output')
  await expect
    .poll(() => output.textContent())
    .toContain("error: attribute 'openssl_1_1' missing\n       at flake.nix:14:9")
  const look = (selector: ReturnType<typeof page.locator>) =>
    selector.evaluate((it) => [getComputedStyle(it).fontFamily, getComputedStyle(it).whiteSpace])
  for (const lines of [output, page.getByRole('region', { name: 'Outcome' }).locator('.output')]) {
    const [font, space] = await look(lines)
    expect(font).toMatch(/mono/i)
    expect(space).toMatch(/^pre/)
  }
  await path.getByText('The agent took 1 more step.').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
  }
  for (const [button, tab] of [
    ['Changes', 'Changes'],
    ['Console', 'Console'],
    ['All Steps', 'Steps'],
  ] as const) {
    await path.getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('tab', { name: tab, selected: true }).waitFor()
    await page.getByRole('tab', { name: 'Result' }).click()
  }
  await path.getByRole('button', { name: 'Run Again', exact: true }).click()
  await page.getByText('Started again').waitFor()
  await expect.poll(() => host.asked('retryTask')).toEqual([{ id: failed }])
  expectNoFaults(window)
})

test('its text can be changed before it runs again, and a text that is being written is replaced only after a question', async () => {
  await using window = await openWindow(errorScene, {}, '#new-task')
  const { page } = window
  const text = page.getByRole('textbox', { name: 'What shall the agent do?' })
  await text.fill('My own task')
  await page.goto(`${page.url().split('#')[0]}#task/${failed}`)
  const again = page.getByRole('button', { name: 'Edit and Run Again…' })
  await again.click()
  const dialog = page.getByRole('dialog', { name: 'Replace what you are writing?' })
  await dialog.getByText('My own task').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await again.click()
  await dialog.getByRole('button', { name: 'Replace' }).click()
  await page.getByRole('heading', { level: 1, name: 'New Task' }).waitFor()
  await expect.poll(() => text.inputValue()).toBe('Upgrade the image to the new base')
  expectNoFaults(window)
})

test('what a check printed that kept the work off the branch is shown with its command, as text', async () => {
  const details = errorScene.details[failed]
  if (!details) throw new Error('The scene has this task')
  const check = {
    ...{ command: 'npm test', commit: 'b7710aa', exitCode: 1 },
    output: '1 test failed: <b>adds</b>\nexpected 2, got 3',
  }
  const merge = { kind: 'unmerged', reason: 'check_failed', files: [], detail: 'It failed', check } as const
  const scene = { ...errorScene, details: { [failed]: { ...details, merge } } }
  await using window = await openWindow(scene, { colorScheme: 'light' }, `#task/${failed}`, axe)
  const { page } = window
  await page.getByRole('heading', { name: 'Checked again on main' }).waitFor()
  await page.getByText('Check failed').waitFor()
  await page.getByText('exit status 1').waitFor()
  await page.getByRole('region', { name: 'What the check printed' }).getByText(check.output).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
  }
  expectNoFaults(window)
})
