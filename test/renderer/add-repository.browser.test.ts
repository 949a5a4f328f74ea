import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { busyScene, emptyScene, onDesktop } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

/** As the system's file manager would: over the window, then let go. */
async function drop(page: Page, ...files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [...files], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 300, data })
  await page.getByText('Release to register this folder').waitFor()
  await session.send('Input.dispatchDragEvent', { type: 'drop', x: 600, y: 300, data })
  await page.getByText('Release to register this folder').waitFor({ state: 'detached' })
}

test('a folder that is dropped anywhere is registered; a file is named and left', async () => {
  const scratch = await temporaryFolder()
  const folder = join(scratch, 'search-index')
  const file = join(scratch, 'notes.txt')
  await mkdir(folder)
  await writeFile(file, 'notes')
  await using window = await openWindow(onDesktop(busyScene), {}, '#history')
  const { page, host } = window
  await drop(page, folder, file)
  await page.getByText('Only folders can be registered').waitFor()
  await page.getByText('Registered as “search-index”').waitFor()
  await page.getByRole('heading', { name: 'Repositories' }).waitFor()
  await expect.poll(() => host.asked('addRepository')).toEqual([{ path: '/home/kim/code/search-index' }])
  expectNoFaults(window)
})

test('a browser, which knows no paths, asks for the path of what was dropped', async () => {
  const scratch = await temporaryFolder()
  await using window = await openWindow(busyScene)
  const { page, host } = window
  await drop(page, scratch)
  const field = page.getByRole('textbox', { name: /^A browser does not tell where/ })
  await field.fill('/srv/code/search-index')
  await page.keyboard.press('Enter')
  await page.getByText('Registered as “search-index”').waitFor()
  await expect.poll(() => host.asked('addRepository')).toEqual([{ path: '/srv/code/search-index' }])
})

test('a repository without flake.nix gets a starter when the user wants one', async () => {
  await using window = await openWindow(emptyScene)
  const { page, host } = window
  host.answer('addRepository', ({ path }) => ({ kind: 'flake-missing', path }))
  await page.getByRole('button', { name: 'Add…' }).click()
  await page.getByRole('textbox').fill('/srv/code/plain')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '“plain” has no flake.nix yet' }).waitFor()
  await page.getByRole('button', { name: 'Write a Starter' }).click()
  await page.getByText('/srv/code/plain/flake.nix').waitFor()
  await expect.poll(() => host.asked('writeStarterFlake')).toEqual([{ path: '/srv/code/plain' }])
  host.answer('addRepository', () => ({
    kind: 'registered',
    alias: 'plain',
    notes: ['flake.nix is not committed yet.'],
  }))
  await page.getByRole('button', { name: 'Add Now' }).click()
  await page.getByText('flake.nix is not committed yet.').waitFor()
})

const found = (path: string) => ({
  ...({ kind: 'tools-found', path, found: 'Node 22, pnpm 10', devContainer: null } as const),
  doubts: ['package.json asks for Node >=24, .nvmrc for 22: Node 22 is used'],
})

test('a repository whose files ask for tools is registered with these by one click, doubts shown before it', async () => {
  await using window = await openWindow(emptyScene)
  const { page, host } = window
  host.answer('addRepository', ({ path, environment }) =>
    environment === undefined ? found(path) : { kind: 'registered', alias: 'shop', notes: [] },
  )
  await page.getByRole('button', { name: 'Add…' }).click()
  await page.getByRole('textbox').fill('/srv/code/shop')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('heading', { name: 'Found: Node 22, pnpm 10' }).waitFor()
  await dialog.getByText('package.json asks for Node >=24, .nvmrc for 22: Node 22 is used').waitFor()
  await expect.poll(() => host.asked('addRepository')).toEqual([{ path: '/srv/code/shop' }])
  await dialog.getByRole('button', { name: 'Use These' }).click()
  await page.getByText('Registered as “shop”').waitFor()
  await expect
    .poll(() => host.asked('addRepository'))
    .toEqual([{ path: '/srv/code/shop' }, { path: '/srv/code/shop', environment: 'auto' }])
  await dialog.waitFor({ state: 'detached' })
  expectNoFaults(window)
})

test('a repository with a dev container is registered with it by one click, or with the tools that its files ask for', async () => {
  await using window = await openWindow(emptyScene)
  const { page, host } = window
  const devContainer = '.devcontainer/devcontainer.json'
  host.answer('addRepository', ({ path, environment }) =>
    environment === undefined
      ? { ...found(path), devContainer, doubts: [] }
      : { kind: 'registered', alias: 'shop', notes: [] },
  )
  for (const [button, environment] of [
    ['Use Its Dev Container', 'auto'],
    ['Use what its files ask for: Node 22, pnpm 10', 'tools'],
  ] as const) {
    await page.goto(new URL('#slots', page.url()).href)
    await page.getByRole('button', { name: 'Add…' }).click()
    await page.getByRole('textbox').fill('/srv/code/shop')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { name: 'Found: a dev container' }).waitFor()
    await dialog.getByRole('button', { name: button }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => host.lastAsked('addRepository')).toEqual({ path: '/srv/code/shop', environment })
  }
  expectNoFaults(window)
})

test('in place of the tools that are found, a starter or the tools of the guest can be taken', async () => {
  await using window = await openWindow(emptyScene)
  const { page, host } = window
  host.answer('addRepository', ({ path, environment }) =>
    environment === undefined ? found(path) : { kind: 'registered', alias: 'shop', notes: [] },
  )
  await page.getByRole('button', { name: 'Add…' }).click()
  await page.getByRole('textbox').fill('/srv/code/shop')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^Write a starter flake, have Claude/ }).click()
  await page.getByRole('heading', { name: '“shop” has no flake.nix yet' }).waitFor()
  await page.getByRole('button', { name: 'Use the guest’s own tools' }).click()
  await page.getByText('Registered as “shop”').waitFor()
  await expect.poll(() => host.lastAsked('addRepository')).toEqual({ path: '/srv/code/shop', environment: 'plain' })
  expectNoFaults(window)
})

test('a repository of which nothing says what it needs is registered and set up by Claude in one click', async () => {
  await using window = await openWindow(emptyScene)
  const { page, host } = window
  host.answer('addRepository', ({ path, environment }) =>
    environment === undefined ? { kind: 'flake-missing', path } : { kind: 'registered', alias: 'shop', notes: [] },
  )
  await page.getByRole('button', { name: 'Add…' }).click()
  await page.getByRole('textbox').fill('/srv/code/shop')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Let Claude set it up' }).click()
  await page.getByText('waits for your review').waitFor()
  await expect.poll(() => host.lastAsked('addRepository')).toEqual({ path: '/srv/code/shop', environment: 'auto' })
  await expect.poll(() => host.asked('setUpRepository')).toEqual([{ repo: 'shop' }])
  expectNoFaults(window)
})

test('a folder that is no repository is refused with the reason, and another can be given', async () => {
  await using window = await openWindow(busyScene, {}, '#repositories')
  const { page, host } = window
  host.answer('addRepository', ({ path }) => ({
    kind: 'refused',
    path,
    failure: { code: 'repository-invalid', message: `${path} is not a git repository`, hint: 'Run: git init' },
  }))
  await page.getByRole('button', { name: 'Add Repository…' }).click()
  await page.getByRole('textbox').fill('/srv/code/none')
  await page.keyboard.press('Enter')
  await page.getByText('/srv/code/none is not a git repository').waitFor()
  await page.getByRole('button', { name: 'Choose Another' }).click()
  await expect.poll(() => page.getByRole('textbox').inputValue()).toBe('/srv/code/none')
})

test('the app has the system choose folders, and registers each', async () => {
  await using window = await openWindow(onDesktop(busyScene), {}, '#repositories')
  const { page, host } = window
  host.answer('chooseFolders', () => ({ paths: ['/a/one', '/a/two'] }))
  await page.keyboard.press('Control+o')
  await page.getByText('Registered as “two”').waitFor()
  await expect.poll(() => host.asked('addRepository')).toEqual([{ path: '/a/one' }, { path: '/a/two' }])
})

test('a removal is asked for, and a failure of it is said', async () => {
  await using window = await openWindow(busyScene, {}, '#repositories')
  const { page, host } = window
  host.answer('removeRepository', () => {
    throw new AppError('repository-unknown', "Repo 'storefront' not registered")
  })
  await page.getByRole('button', { name: 'Actions for storefront' }).click()
  await page.getByRole('menuitem', { name: 'Remove from List…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => host.asked('removeRepository')).toEqual([])
  await page.getByRole('button', { name: 'Actions for storefront' }).click()
  await page.getByRole('menuitem', { name: 'Remove from List…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('region', { name: "Repo 'storefront' not registered" }).waitFor()
})
