import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication } from 'playwright-core'
import { expect } from 'vitest'
import { temporaryFolder } from '../support/temporary.ts'
import { freePort } from '../support/web/free-port.ts'
import { serveReleases } from '../support/web/release-server.ts'
import { installedAppImage } from '../support/window/app-image.ts'
import { callHost, clickTray, standInTest, startApp, trayLabels } from '../support/window/desktop-app.ts'

const notified = (app: ElectronApplication) =>
  app.evaluate(() => globalThis.recorded.notifications.map(({ title }) => title))
const asked = (app: ElectronApplication) => app.evaluate(() => globalThis.recorded.asked)

/** Starts the app as an AppImage of version 0.1.0, with releases that may be anything. */
async function start(releases: Parameters<typeof serveReleases>[0], updates: 'stable' | 'beta' | 'off' = 'stable') {
  const server = await serveReleases(releases)
  const installed = await installedAppImage(server.feed)
  const home = await temporaryFolder()
  await writeFile(join(home, 'settings.json'), JSON.stringify({ port: await freePort(), updates }))
  return { ...installed, server, ...(await startApp({ home, env: installed.env })) }
}

standInTest(
  'a newer release is fetched and told of, and takes the place of the app when the user says so',
  async () => {
    const program = '#!/bin/sh\necho "$0" > "$0.started"\n'
    const { app, image, ended } = await start([{ version: '0.2.0', program }])
    await expect.poll(() => notified(app)).toEqual(['Version 0.2.0 is ready'])
    await expect.poll(() => trayLabels(app)).toContain('Restart to Update to 0.2.0')
    // Nothing is installed by itself.
    expect(await readFile(image, 'utf8')).not.toBe(program)
    await app.evaluate(() => {
      globalThis.recorded.notifications[0]?.emit('action', { actionIndex: 0 })
    })
    expect(await ended).toBe(0)
    expect(await readFile(image, 'utf8')).toBe(program)
    await expect.poll(() => readFile(`${image}.started`, 'utf8').catch(() => '')).toBe(`${image}\n`)
  },
)

standInTest('betas are for those who want them', async () => {
  const releases = [
    { version: '0.3.0-beta.1', program: '#!/bin/sh\n' },
    { version: '0.2.0', program: '#!/bin/sh\n' },
  ]
  const stable = await start(releases)
  await expect.poll(() => trayLabels(stable.app)).toContain('Restart to Update to 0.2.0')
  const beta = await start(releases, 'beta')
  await expect.poll(() => trayLabels(beta.app)).toContain('Restart to Update to 0.3.0-beta.1')
})

standInTest('nobody is asked where the user wants no updates, until the user asks', async () => {
  const { app, firstPage, server } = await start([{ version: '0.1.0', program: '#!/bin/sh\n' }], 'off')
  await callHost(await firstPage(), 'host', {})
  await expect.poll(() => trayLabels(app)).toContain('Check for Updates…')
  expect(server.asked).toEqual([])
  await clickTray(app, 'Check for Updates…')
  await expect.poll(() => asked(app)).toMatchObject([{ message: 'There is nothing newer.' }])
  await expect.poll(() => notified(app)).toEqual([])
})

standInTest('what is not what the release tells is not installed, and the user who asks is told', async () => {
  const wrong = { version: '0.2.0', program: '#!/bin/sh\n', sha512: Buffer.alloc(64).toString('base64') }
  const { app } = await start([wrong], 'off')
  await expect.poll(() => trayLabels(app)).toContain('Check for Updates…')
  await clickTray(app, 'Check for Updates…')
  await expect.poll(() => asked(app)).toMatchObject([{ message: 'No update could be had.' }])
  await expect.poll(() => notified(app)).toEqual([])
})

standInTest('an app that cannot replace itself asks nobody and offers nothing', async () => {
  const { app, firstPage } = await startApp()
  await callHost(await firstPage(), 'host', {})
  await expect.poll(() => trayLabels(app)).toContain('Open Window')
  expect((await trayLabels(app)).filter((label) => /update/i.test(label))).toEqual([])
})
