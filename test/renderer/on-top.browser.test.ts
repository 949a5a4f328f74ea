import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskRow } from '../../preload/live-state.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, idOf, runningTask } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

const [id, other] = [idOf(0x6301), idOf(0x6302)]
const text = `Changes the same lines of source/cart.ts as task ${other} changes`
const row: TaskRow = {
  ...runningTask(3, 'working', 'Round prices to cents', 'storefront', '', [400, 30_000, 0.4]),
  ...{ id, overlap: { text, with: other } },
}
const scene: Scene = {
  ...busyScene,
  snapshot: { ...busyScene.snapshot, tasks: [...busyScene.snapshot.tasks, row] },
}

useBrowser()

test('a task that changes what another one changes is continued on top of that, once its user has said so', async () => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, `#task/${id}`)
  const { page, host } = window
  const asked: unknown[] = []
  host.answer('retryTask', (request) => {
    asked.push(request)
    return { id: idOf(0x6303) }
  })
  const choose = async () => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: `Continue on Top of ${other}…` }).click()
  }
  await choose()
  const dialog = page.getByRole('dialog', { name: `Continue on top of task ${other}?` })
  await dialog.getByText(text).waitFor()
  await page.screenshot({ path: join(import.meta.dirname, '../screenshots/out/on-top.png') })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => dialog.count()).toBe(0)
  expect(asked).toEqual([])
  await choose()
  await dialog.getByRole('button', { name: 'Continue on Top' }).click()
  await expect.poll(() => asked).toEqual([{ id, onTopOf: other }])
  expectNoFaults(window)
})
