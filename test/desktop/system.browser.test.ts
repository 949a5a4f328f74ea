import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeRepository } from '../support/git/repositories.ts'
import { guestThatCommits } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { freePort } from '../support/web/free-port.ts'
import { callTool, connect } from '../support/web/mcp-endpoint.ts'
import {
  callHost,
  clickTray,
  isVisible,
  standInTest,
  startAgain,
  startApp,
  trayLabels,
} from '../support/window/desktop-app.ts'
import { startServing } from '../support/window/serving.ts'

const soon = { timeout: 60_000 }
const waits = 'touch $SHARE/started; echo waiting; sleep 600'

test('a server of the same home is recognised: the app becomes its window, and tells what runs there', async () => {
  const { home, server } = await startServing(waits)
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await expect.poll(() => trayLabels(app), soon).toContain('Quit (the server goes on)')
  const client = await connect(new URL(server.url))
  const { value } = await callTool(client, 'run_task', { repo: 'project', description: 'Look around' })
  await expect.poll(() => app.evaluate(() => globalThis.recorded.title), soon).toBe('1')
  await expect.poll(() => trayLabels(app), soon).toContain('project: Look around — working')
  await expect
    .poll(async () => {
      const reply = await callHost(page, 'snapshot', {})
      return reply.ok && reply.value.tasks.map(({ live }) => live?.lastLine)
    }, soon)
    .toEqual(['waiting'])
  await callTool(client, 'cancel_task', { task_id: value.task_id })
  await expect.poll(() => app.evaluate(() => globalThis.recorded.title), soon).toBe('')
  await app.close()
  expect((await fetch(server.url.replace('/mcp', '/api/hello'))).status).toBe(200)
})

test('the end of a task is notified, and a click on it opens the task', async () => {
  const { home, server } = await startServing(guestThatCommits('hello.txt'))
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await callHost(page, 'host', {})
  await page.evaluate("window.places = []; window.host.listen('goTo', (place) => window.places.push(place)); undefined")
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  const id = await server.tasks.run({ repo: 'project', description: 'Greet' })
  const notices = () =>
    app.evaluate(() => globalThis.recorded.notifications.map(({ title, body }) => ({ title, body })))
  await expect.poll(notices, soon).toEqual([{ title: 'Merged', body: 'project: Greet' }])
  await app.evaluate(() => {
    globalThis.recorded.notifications[0]?.emit('click')
  })
  await expect.poll(() => isVisible(app), soon).toBe(true)
  await expect.poll(() => page.evaluate('window.places'), soon).toEqual([{ view: 'task', id }])
})

standInTest('what the notification centre does not take is told in the window', async () => {
  const { home, server } = await startServing(guestThatCommits('hello.txt'))
  const { firstPage } = await startApp({ home, env: { STAND_IN_NOTIFICATIONS: 'fail' } })
  const page = await firstPage()
  await callHost(page, 'host', {})
  await page.evaluate("window.told = []; window.host.listen('notify', (notice) => window.told.push(notice)); undefined")
  const id = await server.tasks.run({ repo: 'project', description: 'Greet' })
  await expect
    .poll(() => page.evaluate('window.told'), soon)
    .toEqual([{ title: 'Merged', body: 'project: Greet', place: { view: 'task', id } }])
})

test('a second start shows the window of the first and ends', async () => {
  const { app, home, firstPage } = await startApp()
  await firstPage()
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await expect.poll(() => isVisible(app)).toBe(false)
  expect(await startAgain(home)).toBe(0)
  await expect.poll(() => isVisible(app), soon).toBe(true)
})

test('a folder that is dropped on the tray is registered, and one that is no repository is refused kindly', async () => {
  const { app, home } = await startApp()
  const folder = await temporaryFolder()
  const repository = join(folder, 'dropped')
  await makeRepository(repository)
  await until(() => app.evaluate(() => globalThis.recorded.trays.length > 0))
  const drop = (path: string) =>
    app.evaluate((_electron, dropped) => {
      globalThis.recorded.trays[0]?.emit('drop-files', {}, [dropped])
    }, path)
  await drop(repository)
  const titles = () => app.evaluate(() => globalThis.recorded.notifications.map(({ title }) => title))
  await expect.poll(titles, soon).toEqual(['Registered: dropped'])
  expect(JSON.parse(await readFile(join(home, 'allowed-repos.json'), 'utf8'))).toMatchObject({
    dropped: { path: repository },
  })
  await expect.poll(() => trayLabels(app), soon).toContain('dropped')
  await drop(folder)
  await expect.poll(titles, soon).toEqual(['Registered: dropped', 'Not registered'])
})

test('settings and the place of the window outlive the app', async () => {
  const { app, home, firstPage, ended } = await startApp()
  const page = await firstPage()
  await callHost(page, 'changeSettings', { changes: { theme: 'dark', notifyFailed: false } })
  await expect.poll(() => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource), soon).toBe('dark')
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 60, width: 900, height: 640 })
    BrowserWindow.getAllWindows()[0]?.close()
  })
  await app.close()
  expect(await ended).toBe(0)
  const again = await startApp({ home })
  const reply = await callHost(await again.firstPage(), 'snapshot', {})
  expect(reply).toMatchObject({ ok: true, value: { settings: { theme: 'dark', notifyFailed: false } } })
  const bounds = await again.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())
  expect(bounds).toEqual({ x: 40, y: 60, width: 900, height: 640 })
})

test('a taken port is told with who has it, and another one is taken when the user says so', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const home = await temporaryFolder()
  await writeFile(join(home, 'settings.json'), JSON.stringify({ port }))
  const { app } = await startApp({ home })
  const asked = () => app.evaluate(() => globalThis.recorded.asked.map(({ message }) => message))
  await expect.poll(asked, soon).toEqual([expect.stringContaining(`Port ${port} is taken by `)])
  await until(() => app.evaluate(() => globalThis.recorded.menu !== null))
  other.close()
  const settings = JSON.parse(await readFile(join(home, 'settings.json'), 'utf8')) as { port: number }
  expect(settings.port).not.toBe(port)
  expect((await fetch(`http://127.0.0.1:${settings.port}/api/hello`)).status).toBe(200)
})

standInTest('starting at login is asked of the system, and its need for approval is told', async () => {
  const asMac = { STAND_IN_PLATFORM: 'darwin' }
  const { app, firstPage } = await startApp({ env: asMac })
  const page = await firstPage()
  expect(await callHost(page, 'host', {})).toMatchObject({ value: { startAtLogin: 'off' } })
  await clickTray(app, 'Start at Login')
  expect(await callHost(page, 'host', {})).toMatchObject({ value: { startAtLogin: 'on' } })
  await expect.poll(() => app.evaluate(({ app }) => app.getLoginItemSettings().openAtLogin)).toBe(true)
  expect(await callHost(page, 'setStartAtLogin', { on: false })).toMatchObject({ value: { startAtLogin: 'off' } })
  await app.close()

  const pending = await startApp({ env: { ...asMac, STAND_IN_LOGIN_ITEM: 'requires-approval' } })
  await pending.firstPage()
  await expect
    .poll(() => trayLabels(pending.app), soon)
    .toEqual(expect.arrayContaining(['Start at Login', 'Allow it in System Settings › Login Items']))
})

test('the host is kept awake while a task runs, where the setting says so', async () => {
  const { home, server } = await startServing(waits)
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await callHost(page, 'host', {})
  const isKept = () => app.evaluate(({ powerSaveBlocker }) => powerSaveBlocker.isStarted(1))
  await expect.poll(() => isKept()).toBe(false)
  const id = await server.tasks.run({ repo: 'project', description: 'Wait' })
  await expect.poll(isKept, soon).toBe(true)
  await callHost(page, 'changeSettings', { changes: { keepAwake: false } })
  await expect.poll(isKept, soon).toBe(false)
  await server.tasks.cancel(id)
})

test('when the server whose window it was ends, the app serves itself', async () => {
  const { home, server } = await startServing(waits)
  await writeFile(join(home, 'settings.json'), JSON.stringify({ minFreeGiB: 0, port: await freePort() }))
  const { app, firstPage } = await startApp({ home })
  const page = await firstPage()
  await callHost(page, 'host', {})
  await server.close()
  await expect.poll(() => trayLabels(app), soon).toContain('Quit')
  const { pid } = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { pid: number }
  expect(pid).toBe(app.process().pid)
})

test('MCP is answered while the window streams a console, and no byte of it is lost', async () => {
  const flood = 'touch $SHARE/started; for at in $(seq 4000); do printf "%0500d\\n" $at; done; sleep 600'
  const { home, server } = await startServing(flood)
  const { firstPage } = await startApp({ home })
  const page = await firstPage()
  const client = await connect(new URL(server.url))
  const { value } = await callTool(client, 'run_task', { repo: 'project', description: 'Flood' })
  const id = String(value.task_id)
  const streaming = page.evaluate(`(async () => {
    let offset = 0, lines = 0
    while (offset < 4000 * 501) {
      const reply = await window.host.call('readConsole', { id: '${id}', offset, limit: 65536, wait: true })
      if (!reply.ok) throw new Error(reply.failure.message)
      const text = atob(reply.value.data)
      lines += text.split('\\n').length - 1
      offset = reply.value.offset + text.length
    }
    return { offset, lines }
  })()`)
  let answered = 0
  const calls = (async () => {
    for (; answered < 20; answered++) await callTool(client, 'list_slots', {})
  })()
  expect(await streaming).toEqual({ offset: 4000 * 501, lines: 4000 })
  await calls
  expect(answered).toBe(20)
  expect((await stat(join(home, 'tasks', id, 'serial.log'))).size).toBe(4000 * 501)
  await callTool(client, 'cancel_task', { task_id: id })
})
