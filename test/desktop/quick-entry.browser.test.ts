import { mkdir, readFile, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { seriousFindings } from '../renderer/serious-findings.ts'
import { callHost, clickTray, isVisible, standInTest, startApp } from '../support/window/desktop-app.ts'
import { startServing } from '../support/window/serving.ts'

const waits = 'touch $SHARE/started; echo waiting; sleep 600'
const usualKeys = 'CommandOrControl+Alt+Shift+N'
const panelUrl = 'app://window/quick-entry/index.html'
const screenshots = join(import.meta.dirname, '../screenshots/out')

const heldKeys = (app: ElectronApplication) => app.evaluate(() => Object.keys(globalThis.recorded.shortcuts))
const press = (app: ElectronApplication, keys: string) =>
  app.evaluate((_electron, pressed) => globalThis.recorded.shortcuts[pressed]?.(), keys)

const isPanelShown = (app: ElectronApplication): Promise<boolean> =>
  app.evaluate(
    ({ BrowserWindow }, url) =>
      BrowserWindow.getAllWindows().some((window) => window.webContents.getURL() === url && window.isVisible()),
    panelUrl,
  )

/** The app with its window before the user: one that comes later would hide the panel again. */
async function openedApp(options?: Parameters<typeof startApp>[0]) {
  const started = await startApp(options)
  const page = await started.firstPage()
  await expect.poll(() => isVisible(started.app)).toBe(true)
  return { ...started, page }
}

/** Presses the keys for the first time; the page of the panel, when it is seen. */
async function openPanel(app: ElectronApplication): Promise<Page> {
  await expect.poll(() => heldKeys(app)).toEqual([usualKeys])
  const opened = app.waitForEvent('window', { timeout: 0 })
  await press(app, usualKeys)
  const panel = await opened
  await expect.poll(() => isPanelShown(app)).toBe(true)
  return panel
}

test('the keys open a panel over everything, and a text in it becomes a task, with the window as it was', async () => {
  const { home, server } = await startServing(waits)
  const { app } = await openedApp({ home })
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  const panel = await openPanel(app)
  const field = panel.getByRole('textbox', { name: 'What shall the agent do?' })
  await field.fill('Add retries to the webhook sender')
  // What is typed outlives a look elsewhere.
  await panel.keyboard.press('Escape')
  await expect.poll(() => isPanelShown(app)).toBe(false)
  await press(app, usualKeys)
  await expect.poll(() => isPanelShown(app)).toBe(true)
  await expect.poll(() => field.inputValue()).toBe('Add retries to the webhook sender')
  await press(app, usualKeys)
  await expect.poll(() => isPanelShown(app)).toBe(false)
  await clickTray(app, 'Quick Task…')
  await field.press('Control+Enter')
  await expect.poll(() => isPanelShown(app)).toBe(false)
  const [task] = await server.tasks.list()
  expect(task).toMatchObject({ description: 'Add retries to the webhook sender' })
  await expect.poll(() => field.inputValue()).toBe('')
  await expect.poll(() => isVisible(app)).toBe(false)
  if (task) await server.tasks.cancel(task.id)
})

test('a task that is refused leaves text and reason in the panel', async () => {
  const { home, server, repoPath } = await startServing(waits)
  const { app } = await openedApp({ home })
  const panel = await openPanel(app)
  await panel.getByRole('textbox').fill('Look around')
  await rename(repoPath, `${repoPath}-gone`)
  await panel.getByRole('button', { name: 'Start Task' }).click()
  await panel.getByRole('alert').waitFor()
  await expect.poll(() => isPanelShown(app)).toBe(true)
  await expect.poll(() => panel.getByRole('textbox').inputValue()).toBe('Look around')
  await expect.poll(() => server.tasks.list()).toEqual([])
})

test('the page of the panel may ask for what it needs alone', async () => {
  const { app } = await openedApp()
  const panel = await openPanel(app)
  expect(await callHost(panel, 'quickEntry', {})).toMatchObject({ ok: true, value: { repositories: [] } })
  for (const name of ['snapshot', 'changeSettings', 'installCommandLine'] as const)
    expect(await callHost(panel, name, {} as never)).toMatchObject({ ok: false })
})

test('with no repository the panel leads to them', async () => {
  const { app, page } = await openedApp()
  const panel = await openPanel(app)
  await panel.getByRole('button', { name: 'Open Repositories' }).click()
  await expect.poll(() => page.evaluate('location.hash')).toBe('#repositories')
  await expect.poll(() => isPanelShown(app)).toBe(false)
})

standInTest('other keys are taken at once, those of another program are refused, and none are given back', async () => {
  const { app, home, page } = await openedApp({ env: { STAND_IN_TAKEN_KEYS: 'Alt+Space' } })
  await expect.poll(() => heldKeys(app)).toEqual([usualKeys])
  expect(await callHost(page, 'setQuickEntryKeys', { keys: 'Control+Alt+7' })).toMatchObject({ ok: true })
  await expect.poll(() => heldKeys(app)).toEqual(['Control+Alt+7'])
  expect(await callHost(page, 'setQuickEntryKeys', { keys: 'no keys' })).toMatchObject({ ok: false })
  await expect.poll(() => heldKeys(app)).toEqual(['Control+Alt+7'])
  expect(await callHost(page, 'setQuickEntryKeys', { keys: 'Alt+Space' })).toMatchObject({
    ok: false,
    failure: { message: 'Another program has these keys' },
  })
  await expect.poll(() => heldKeys(app)).toEqual(['Control+Alt+7'])
  // An edit of the file cannot be refused, so it is told.
  await callHost(page, 'changeSettings', { changes: { quickEntryKeys: 'Alt+Space' } })
  await expect
    .poll(() => app.evaluate(() => globalThis.recorded.notifications.map(({ title }) => title)))
    .toEqual(['The panel for a quick task has no keys'])
  expect(await callHost(page, 'setQuickEntryKeys', { keys: null })).toMatchObject({ ok: true })
  await expect.poll(() => heldKeys(app)).toEqual([])
  expect(JSON.parse(await readFile(join(home, 'settings.json'), 'utf8'))).toMatchObject({ quickEntryKeys: null })
})

test('the panel can be read, light and dark', async () => {
  await mkdir(screenshots, { recursive: true })
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  const { home } = await startServing(waits)
  const { app } = await openedApp({ home })
  const panel = await openPanel(app)
  await panel
    .getByRole('textbox')
    .fill('Add retries with backoff to the webhook sender, with tests.\nRun them, and commit.')
  await panel.evaluate(await readFile(axe, 'utf8'))
  for (const colorScheme of ['light', 'dark'] as const) {
    await panel.emulateMedia({ colorScheme })
    expect(await seriousFindings(panel), colorScheme).toEqual([])
    await panel.screenshot({ path: join(screenshots, `quick-entry-${colorScheme}.png`) })
  }
})
