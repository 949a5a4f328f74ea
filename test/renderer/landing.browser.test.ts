import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskRow } from '../../preload/live-state.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, finishedTask, idOf, runningTask } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const pictures = join(import.meta.dirname, '../screenshots/out')
const id = idOf(0x6201)
const checks = 'Its check runs again, on top of another work that lands before it'
const title = 'Cache product lookups for an hour'
const row: TaskRow = {
  ...runningTask(2, 'merging', title, 'storefront', '', [400, 30_000, 0.4]),
  ...{ id, state: { phase: 'merging', slot: null, landing: checks } },
}
const merged = finishedTask(0x6201, title, 'storefront', { outcome: 'merged' }, [60, 400, 30_000, 0.4])
const scene: Scene = {
  ...busyScene,
  snapshot: { ...busyScene.snapshot, tasks: [...busyScene.snapshot.tasks, row] },
}
const before = 'Its check runs again, on the branch as it is now'

useBrowser()

test('work on its way onto the branch says what it waits for, its place in the train, and shows its check; then the statement', async () => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, `#task/${id}`, axe)
  const { page, host } = window
  const reads: unknown[] = []
  host.answer('landing', () => ({
    ...{ branch: 'main', command: 'npm run check' },
    cars: [
      { id: idOf(0x6202), title: 'Remove the unused feature flags', position: 1, isChecked: true, text: before },
      { id, title, position: 2, isChecked: true, text: checks },
      { id: idOf(0x6203), title: 'Show the request id', position: 3, isChecked: false, text: 'Waits, 3 of 3' },
    ],
  }))
  host.answer('readConsole', (request) => {
    reads.push(request)
    if (request.wait) return new Promise(() => undefined)
    return { offset: 0, data: btoa('checking\r\n'), size: 10, ended: false }
  })
  await page.reload()
  await page.getByRole('heading', { name: 'On its way onto main' }).waitFor()
  const train = page.getByRole('region', { name: 'What lands on this branch' })
  await expect.poll(() => train.getByRole('listitem').count()).toBe(3)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `landing-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 590, height: 380 })
  const isWider = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
  await expect.poll(isWider).toBe(false)
  await page.screenshot({ path: join(pictures, 'landing-590.png') })
  await page.setViewportSize({ width: 1180, height: 760 })

  await page.getByRole('button', { name: 'Show the Check’s Console' }).click()
  await expect.poll(() => reads.some((request) => (request as { ofCheck?: boolean }).ofCheck)).toBe(true)
  await page.getByRole('radio', { name: 'The Check’s Machine' }).waitFor()
  await page.screenshot({ path: join(pictures, 'landing-console.png') })

  host.answer('statement', () => ({ kind: 'good', commit: 'a41c0d2e'.repeat(5), keyId: 'beef'.repeat(16) }))
  host.tell({ kind: 'task', task: { ...merged, id } })
  await page.getByRole('tab', { name: 'Result' }).click()
  await page.getByText('Signed and verified').waitFor()
  await page.getByText('microvm-orchestrator verify a41c0d2ea41c').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.screenshot({ path: join(pictures, 'landing-statement.png'), fullPage: true })
  expectNoFaults(window)
})
