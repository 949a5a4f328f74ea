import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callHost, clickTray, isVisible, startApp, trayLabels } from '../support/window/desktop-app.ts'

const soon = { timeout: 60_000 }

test('the app starts with its window, serves MCP, and says in the tray that nothing runs', async () => {
  const { app, home, log, firstPage } = await startApp()
  const page = await firstPage()
  const host = await callHost(page, 'host', {})
  expect(host).toMatchObject({ ok: true, value: { kind: 'desktop' } })
  await expect
    .poll(() => trayLabels(app), soon)
    .toEqual(expect.arrayContaining(['No task is running', 'Open Window', 'Quit']))
  await expect.poll(() => app.evaluate(() => globalThis.recorded.title)).toBe('')
  const { port } = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { port: number }
  const hello = await fetch(`http://127.0.0.1:${port}/api/hello`)
  expect(await hello.json()).toMatchObject({ name: 'microvm-orchestrator' })
  await expect.poll(log).not.toMatch(/Uncaught|Unhandled/)
})

test('closing hides the window, and the tray shows it again', async () => {
  const { app, firstPage } = await startApp()
  await firstPage()
  await expect.poll(() => isVisible(app), soon).toBe(true)
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await expect.poll(() => isVisible(app)).toBe(false)
  await clickTray(app, 'Open Window')
  await expect.poll(() => isVisible(app), soon).toBe(true)
})
