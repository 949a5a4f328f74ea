import type { ElectronApplication } from 'playwright-core'
import { expect, test } from 'vitest'
import { guestThatCommits } from '../support/orchestrator.ts'
import {
  callHost,
  clickMenuBar,
  clickTray,
  enabledInMenuBar,
  isRealElectron,
  isVisible,
  startApp,
  trayLabels,
} from '../support/window/desktop-app.ts'
import { startServing } from '../support/window/serving.ts'

const soon = { timeout: 60_000 }
const waits = 'touch $SHARE/started; echo waiting; sleep 600'
/** Only macOS has a Dock and an activation policy; the stand-in plays it where it is not. */
const asMac = isRealElectron ? {} : { STAND_IN_PLATFORM: 'darwin' }
const isMac = !isRealElectron || process.platform === 'darwin'

const policies = (app: ElectronApplication) => app.evaluate(() => globalThis.recorded.policies)
const badge = (app: ElectronApplication) => app.evaluate(({ app }) => app.dock?.getBadge() ?? '')
const trayTitle = (app: ElectronApplication) => app.evaluate(() => globalThis.recorded.title)

test('with its window open the app is in the Dock and has a menu bar; with the window closed it lives in the menu bar alone', async () => {
  const { app, firstPage } = await startApp({ env: asMac })
  await firstPage()
  await expect.poll(() => policies(app), soon).toEqual(isMac ? ['accessory', 'regular'] : [])
  await expect.poll(() => enabledInMenuBar(app, 'File'), soon).toContain('New Task…')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await expect.poll(() => policies(app), soon).toEqual(isMac ? ['accessory', 'regular', 'accessory'] : [])
  await clickTray(app, 'Open Window')
  await expect.poll(() => isVisible(app), soon).toBe(true)
  await expect.poll(() => policies(app), soon).toHaveLength(isMac ? 4 : 0)
})

test('work that waits for a review is told by tray and Dock, and the menu of its task leads to the review', async () => {
  const { home, server } = await startServing(guestThatCommits('hello.txt'))
  const { app, firstPage } = await startApp({ home, env: asMac })
  const page = await firstPage()
  await callHost(page, 'setMergePolicy', { alias: 'project', policy: { kind: 'review' } })
  const id = await server.tasks.run({ repo: 'project', description: 'Greet' })
  await expect.poll(() => trayTitle(app), soon).toBe('!1')
  expect(await badge(app)).toBe(isMac ? '1' : '')
  expect(await enabledInMenuBar(app, 'Task')).toEqual([])
  await clickTray(app, 'Needs you: 1', 'project: Greet — not merged', 'Show')
  await expect.poll(() => enabledInMenuBar(app, 'Task'), soon).toEqual(['Review…', 'Retry', 'Copy ID'])
  await clickMenuBar(app, 'Task', 'Copy ID')
  expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toBe(id)
  await clickMenuBar(app, 'Task', 'Review…')
  await expect.poll(() => page.evaluate('location.hash'), soon).toBe(`#review/${id}`)
  await callHost(page, 'acceptTask', { id })
  await expect.poll(() => badge(app), soon).toBe('')
})

test('a task is stopped from the menu bar once the user has said so, and retried', async () => {
  const { home, server } = await startServing(waits)
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  const id = await server.tasks.run({ repo: 'project', description: 'Wait' })
  await expect.poll(() => trayLabels(app), soon).toContain('project: Wait — working')
  await clickTray(app, 'project: Wait — working', 'Show')
  await expect.poll(() => enabledInMenuBar(app, 'Task'), soon).toContain('Stop…')
  await app.evaluate(() => globalThis.recorded.answers.push({ response: 1 }))
  await clickMenuBar(app, 'Task', 'Stop…')
  await expect.poll(() => app.evaluate(() => globalThis.recorded.asked.length), soon).toBe(1)
  expect((await server.tasks.get(id)).state.phase).toBe('working')
  await app.evaluate(() => globalThis.recorded.answers.push({ response: 0 }))
  await clickMenuBar(app, 'Task', 'Stop…')
  await expect.poll(async () => (await server.tasks.get(id)).state.phase, soon).toBe('finished')
  await expect.poll(() => enabledInMenuBar(app, 'Task'), soon).toContain('Retry')
  await clickMenuBar(app, 'Task', 'Retry')
  await expect.poll(() => page.evaluate('location.hash'), soon).not.toBe(`#task/${id}`)
  const [, again] = await server.tasks.list()
  expect(again?.description).toBe('Wait')
  await app.evaluate(() => globalThis.recorded.answers.push({ response: 0 }))
  await clickTray(app, 'Stop All…')
  await expect.poll(() => trayTitle(app), soon).toBe('')
})
