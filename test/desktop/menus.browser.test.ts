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
  startAgain,
  startApp,
  trayLabels,
} from '../support/window/desktop-app.ts'
import { startServing } from '../support/window/serving.ts'

const waits = 'touch $SHARE/started; echo waiting; sleep 600'
/** Only macOS has a Dock and an activation policy; the stand-in plays it where it is not. */
const asMac = isRealElectron ? {} : { STAND_IN_PLATFORM: 'darwin' }
const isMac = !isRealElectron || process.platform === 'darwin'

/** A server that this process started is known by its start time, which the stand-in's macOS would spell in another way. */
const hasDock = isRealElectron && process.platform === 'darwin'

const policies = (app: ElectronApplication) => app.evaluate(() => globalThis.recorded.policies)
const badge = (app: ElectronApplication) => app.evaluate(({ app }) => app.dock?.getBadge() ?? '')
const trayTitle = (app: ElectronApplication) => app.evaluate(() => globalThis.recorded.title)

test('with its window open the app is in the Dock and has a menu bar; with the window closed it lives in the menu bar alone', async () => {
  const { app, firstPage } = await startApp({ env: asMac })
  await firstPage()
  await expect.poll(() => policies(app)).toEqual(isMac ? ['accessory', 'regular'] : [])
  await expect.poll(() => enabledInMenuBar(app, 'File')).toContain('New Task…')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await expect.poll(() => policies(app)).toEqual(isMac ? ['accessory', 'regular', 'accessory'] : [])
  await clickTray(app, 'Open Window')
  await expect.poll(() => isVisible(app)).toBe(true)
  await expect.poll(() => policies(app)).toHaveLength(isMac ? 4 : 0)
})

test('work that waits for a review shows in tray and Dock, and the menu of its task leads to the review', async () => {
  const { home, server } = await startServing(guestThatCommits('hello.txt'))
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await callHost(page, 'setMergePolicy', { alias: 'project', policy: { kind: 'review' } })
  const id = await server.tasks.run({ repo: 'project', description: 'Greet' })
  await expect.poll(() => trayTitle(app)).toBe('!1')
  await expect.poll(() => badge(app)).toBe(hasDock ? '1' : '')
  await expect.poll(() => enabledInMenuBar(app, 'Task')).toEqual([])
  await clickTray(app, 'Needs you: 1', 'project: Greet — not merged', 'Show')
  await expect.poll(() => enabledInMenuBar(app, 'Task')).toEqual(['Review…', 'Retry', 'Copy ID'])
  await clickMenuBar(app, 'Task', 'Copy ID')
  await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toBe(id)
  await clickMenuBar(app, 'Task', 'Review…')
  await expect.poll(() => page.evaluate('location.hash')).toBe(`#review/${id}`)
  await callHost(page, 'acceptTask', { id })
  await expect.poll(() => badge(app)).toBe('')
})

test('a task is stopped from the menu bar once the user has said so, and retried', async () => {
  const { home, server } = await startServing(waits)
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  const id = await server.tasks.run({ repo: 'project', description: 'Wait' })
  await expect.poll(() => trayLabels(app)).toContain('project: Wait — working')
  await clickTray(app, 'project: Wait — working', 'Show')
  await expect.poll(() => enabledInMenuBar(app, 'Task')).toContain('Stop…')
  await app.evaluate(() => globalThis.recorded.answers.push({ response: 1 }))
  await clickMenuBar(app, 'Task', 'Stop…')
  await expect.poll(() => app.evaluate(() => globalThis.recorded.asked.length)).toBe(1)
  expect((await server.tasks.get(id)).state.phase).toBe('working')
  await app.evaluate(() => globalThis.recorded.answers.push({ response: 0 }))
  await clickMenuBar(app, 'Task', 'Stop…')
  await expect.poll(async () => (await server.tasks.get(id)).state.phase).toBe('finished')
  await expect.poll(() => enabledInMenuBar(app, 'Task')).toContain('Retry')
  await clickMenuBar(app, 'Task', 'Retry')
  await expect.poll(() => page.evaluate('location.hash')).not.toBe(`#task/${id}`)
  const [, again] = await server.tasks.list()
  expect(again?.description).toBe('Wait')
  await expect.poll(() => trayLabels(app)).toContain('Stop All…')
  await app.evaluate(() => globalThis.recorded.answers.push({ response: 0 }))
  await clickTray(app, 'Stop All…')
  await expect.poll(() => trayTitle(app)).toBe('')
})

test('a link to a task shows it, of a task that is there; any other link does nothing at all', async () => {
  const { home, server } = await startServing(guestThatCommits('hello.txt'))
  const id = await server.tasks.run({ repo: 'project', description: 'Greet' })
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await expect.poll(() => trayLabels(app)).toContain('project: Greet — merged')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  for (const link of ['microvm-orchestrator://task/00000000', `microvm-orchestrator://merge/${id}`])
    expect(await startAgain(home, [link])).toBe(0)
  // What macOS does with a link.
  await app.evaluate(({ app }, link) => {
    app.emit('open-url', { preventDefault: () => undefined }, link)
  }, `microvm-orchestrator://task/${id}?do=merge`)
  expect(await startAgain(home, [`microvm-orchestrator://task/${id}`])).toBe(0)
  await expect.poll(() => page.evaluate('location.hash')).toBe(`#task/${id}`)
  await expect.poll(() => isVisible(app)).toBe(true)
})

test('a notification offers what can be done, and a choice from it is carried out', async () => {
  const { home, server } = await startServing(guestThatCommits('hello.txt'))
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await callHost(page, 'setMergePolicy', { alias: 'project', policy: { kind: 'review' } })
  await callHost(page, 'changeSettings', { changes: { notifySound: false } })
  const id = await server.tasks.run({ repo: 'project', description: 'Greet' })
  const told = () =>
    app.evaluate(() =>
      globalThis.recorded.notifications.map(({ title, actions, silent }) => ({
        ...{ title, silent },
        actions: actions.map(({ text }) => text),
      })),
    )
  await expect.poll(told).toEqual([{ title: 'Waits for your review', silent: true, actions: ['Review', 'Retry'] }])
  await app.evaluate(() => {
    globalThis.recorded.notifications[0]?.emit('action', { actionIndex: 0 })
  })
  await expect.poll(() => page.evaluate('location.hash')).toBe(`#review/${id}`)
})
