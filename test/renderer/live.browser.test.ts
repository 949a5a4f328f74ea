import { expect, test } from 'vitest'
import type { SlotId } from '../../main/core/task/task.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import {
  busyScene,
  calmScene,
  conflictScene,
  emptyScene,
  finishedTask,
  idOf,
  runningTask,
} from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

const working = (lastLine: string) =>
  runningTask(
    1,
    'working',
    'Add retry with backoff to the webhook sender',
    'billing-api',
    lastLine === '' ? [] : [lastLine],
    [724, 200_000, 0.9],
  )

test('lines stream into a card and nothing moves', async () => {
  await using window = await openWindow(busyScene)
  const { page, host } = window
  const boxes = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.slot, .slot .last-steps, .slot .figures')].map((element) =>
        JSON.stringify(element.getBoundingClientRect()),
      ),
    )
  const card = page.locator('.slot').first()
  host.tell({ kind: 'task', task: working('first line') })
  await card.getByText('first line').waitFor()
  const before = (await boxes()).filter((_, index) => index % 3 !== 1)
  for (const line of ['x', 'a line '.repeat(25), '', 'last line']) host.tell({ kind: 'task', task: working(line) })
  await card.getByText('last line').waitFor()
  expect((await boxes()).filter((_, index) => index % 3 !== 1)).toEqual(before)

  const begins = (phase: 'booting' | 'working', line: string, more: object = {}) => {
    const task = runningTask(1, phase, 'Add retry with backoff to the webhook sender', 'billing-api', line, [
      724,
      0,
      null,
    ])
    host.tell({ kind: 'task', task: { ...task, state: { ...task.state, ...more } as TaskRow['state'] } })
  }
  begins('booting', '', { boots: 'Guest image: 40 % packages (73 s)' })
  await card.getByText('Guest image: 40 % packages (73 s)', { exact: true }).waitFor()
  begins('working', `microvm: dev container: STEP 2/5: RUN ${'a word '.repeat(22)}`)
  await card.getByText(/^dev container: STEP 2\/5/).waitFor()
  expect((await boxes()).filter((_, index) => index % 3 !== 1)).toEqual(before)
  expectNoFaults(window)
})

test('a change that was missed is made good, and asked for once', async () => {
  await using window = await openWindow(calmScene)
  const { page, host } = window
  const snapshots = () => host.asked('snapshot').then((all) => all.length)
  await expect.poll(snapshots).toBe(1)
  host.keepSilent({ kind: 'warnings', warnings: ['This was said to nobody.'] })
  host.tell({ kind: 'task', task: working('after the gap') })
  await page.getByText('This was said to nobody.').waitFor()
  await page.getByText('after the gap').waitFor()
  await expect.poll(snapshots).toBe(2)
})

test('a stream that broke is opened again, and what was missed is there', async () => {
  await using window = await openWindow(calmScene)
  const { page, host } = window
  await page.getByRole('button', { name: /^Slot 1,/ }).waitFor()
  host.cut()
  host.keepSilent({ kind: 'task', task: working('said while nobody listened') })
  await page.getByText('said while nobody listened').waitFor()
})

test('a server that is gone is said to be, and what was known stays', async () => {
  await using window = await openWindow(calmScene)
  const { page, host } = window
  await page.getByRole('button', { name: /^Slot 1,/ }).waitFor()
  await host[Symbol.asyncDispose]()
  await page.getByRole('alert').getByText('The server does not answer').waitFor()
  await expect.poll(() => page.getByRole('button', { name: /^Slot 1,/ }).isVisible()).toBe(true)
})

test('a task that ends leaves its slot, and its open view shows how it ended', async () => {
  await using window = await openWindow(calmScene, {}, `#task/${idOf(0x7f3a_0001)}`)
  const { page, host } = window
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  const row = {
    ...finishedTask(1, 'Add retry', 'billing-api', { outcome: 'merged' }, [0, 724, 200_000, 0.9]),
    id: idOf(0x7f3a_0001),
  }
  host.tell({ kind: 'task', task: row })
  await page.getByRole('button', { name: 'Run Again' }).waitFor()
  await page.getByRole('tab', { name: 'Result' }).click()
  await page.getByRole('region', { name: 'Outcome' }).getByText('Merged').waitFor()
})

test('the light of the set-up goes on when an agent connects', async () => {
  await using window = await openWindow(emptyScene, {}, '#setup')
  const { page, host } = window
  const line = page.getByRole('listitem').filter({ hasText: 'Claude Code' }).first()
  await line.getByText('Waiting for the first call').waitFor()
  host.tell({ kind: 'clients', clients: [{ name: 'claude-code', version: '2.1.330', connected: true }] })
  await line.getByRole('status').getByText('Connected', { exact: true }).waitFor()
  await page.getByRole('button', { name: /^Agent connected/ }).waitFor()
  await expect.poll(() => page.getByText('Waiting for the first call').count()).toBe(5)
  await page.getByRole('button', { name: /^Copy line for Claude Code/ }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(emptyScene.setup.mcpCommand)
})

test('a notice of the host comes up and leads to its task', async () => {
  await using window = await openWindow(busyScene)
  const { page, host } = window
  await page.getByRole('button', { name: /^Slot 1,/ }).waitFor()
  host.notify('notify', {
    title: 'Conflicts in billing-api',
    body: 'Your checkout is unchanged.',
    place: { view: 'task', id: idOf(0xc4) },
  })
  const notice = page.getByRole('region', { name: 'Conflicts in billing-api' })
  await notice.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('heading', { name: 'Send each webhook only once' }).waitFor()
  await expect.poll(() => notice.count()).toBe(0)
  host.notify('goTo', { view: 'settings' })
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
})

test('the theme of the settings goes before the system, at once', async () => {
  await using window = await openWindow(busyScene, { colorScheme: 'light' })
  const { page, host } = window
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await expect.poll(ground).toBe('rgb(255, 255, 255)')
  host.tell({ kind: 'settings', settings: { ...host.snapshot.settings, theme: 'dark' } })
  await expect.poll(ground).toBe('rgb(28, 28, 31)')
})

test('an end is heard: a notice, the number of tasks that need the user in title and icon, and its card stays', async () => {
  await using window = await openWindow(busyScene)
  const { page, host } = window
  await expect.poll(() => page.title()).toMatch(/^\(\d+\) microvm-orchestrator$/)
  const waiting = Number(/\d+/.exec(await page.title())?.[0])
  const state = { outcome: 'unmerged', reason: 'conflicts', slot: 1 as SlotId, files: ['src/a.ts'] } as const
  const end = finishedTask(0xe1, 'Add retry with backoff to the webhook sender', 'billing-api', state, [0, 724, 9, 1])
  const task = { ...end, id: idOf(0x7f3a_0001) }
  const slots = busyScene.snapshot.slots.map((slot) => (slot.slot === 1 ? { ...slot, taskId: null } : slot))
  host.tell({ kind: 'task', task }, { kind: 'slots', slots })
  const notice = page.getByRole('region', { name: /^Conflicts: Add retry with backoff/ })
  await notice.waitFor()
  await expect.poll(() => page.title()).toBe(`(${waiting + 1}) microvm-orchestrator`)
  await expect.poll(() => page.locator('link[rel="icon"]').getAttribute('href')).toBe('./icon-needs.svg')
  const card = page.locator('.slot').first()
  await card.getByRole('button', { name: 'Resolve…' }).click()
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'Add retry' }).waitFor()
  expectNoFaults(window)
})

test('a free slot leads to a new task', async () => {
  await using window = await openWindow(calmScene)
  await window.page.locator('.slot.free').first().click()
  await window.page.getByRole('textbox', { name: 'What shall the agent do?' }).waitFor()
  expectNoFaults(window)
})

test('a right click on a task offers what can be done with it, and the menu is left by its keys', async () => {
  await using window = await openWindow(conflictScene, {}, '#history')
  const { page, host } = window
  const menu = page.getByRole('menu', { name: 'Actions for this task' })
  await page.locator(`[data-task="${idOf(0xc4)}"]`).click({ button: 'right' })
  await menu.getByRole('menuitem', { name: 'Resolve…' }).waitFor()
  const box = await menu.boundingBox()
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(760)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Escape')
  await menu.waitFor({ state: 'detached' })
  await page.locator(`[data-task="${idOf(0xc4)}"]`).click({ button: 'right' })
  await menu.getByRole('menuitem', { name: 'Clean Up…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Clean Up' }).click()
  await expect.poll(() => host.lastAsked('cleanupTask')).toEqual({ id: idOf(0xc4), deleteRef: false })
  expectNoFaults(window)
})
