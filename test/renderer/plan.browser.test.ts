import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RowState, TaskRow } from '../../preload/live-state.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, finishedTask, idOf, runningTask } from '../support/window/window-scenes.ts'
import { sceneTime } from '../support/window/window-story.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const pictures = join(import.meta.dirname, '../screenshots/out')
const planId = '1a2b3c4d'
const id = (number: number) => idOf(0x5000 + number)

const planned = (number: number, name: string, title: string, state: RowState, ...after: number[]): TaskRow => ({
  ...runningTask(1, 'working', title, 'billing-api', '', [4, 1000, 0.4]),
  ...{ id: id(number), title, state, plan: { id: planId, name } },
  ...(state.phase === 'queued' && { startedAt: null, live: null }),
  ...(state.phase === 'finished' && { finishedAt: sceneTime, live: null }),
  ...(after.length > 0 && { after: after.map(id) }),
})
const waits = (blocked: string): RowState => ({ phase: 'queued', position: null, blocked })
const ended = (outcome: 'merged' | 'failed'): RowState => ({
  ...{ phase: 'finished', slot: null, outcome, reason: outcome === 'failed' ? 'agent-failed' : null, detail: '' },
  ...{ files: [], fileCount: 0 },
})
const working = busyScene.snapshot.tasks.find(({ state }) => state.phase === 'working')?.state ?? ended('merged')

const rows: readonly TaskRow[] = [
  planned(1, 'schema', 'Design the schema of invoices', ended('merged')),
  planned(2, 'api', 'Serve invoices from the API', working, 1),
  planned(3, 'mails', 'Send each invoice by mail', ended('failed'), 1),
  planned(4, 'page', 'Show the invoices of a customer', waits(`Comes after task ${id(2)}`), 2, 1),
  planned(5, 'digest', 'Send a digest each month', waits(`Held: Task ${id(3)} has failed`), 3),
]
const sceneOf = (tasks: readonly TaskRow[]): Scene => ({
  ...busyScene,
  snapshot: { ...busyScene.snapshot, tasks: [...busyScene.snapshot.tasks, ...tasks] },
})

useBrowser()

test('a plan is shown as a graph with its states in words, what holds the rest, and the ways on', async () => {
  await using window = await openWindow(sceneOf(rows), { colorScheme: 'light' }, `#task/${id(2)}`, axe)
  const { page, host } = window
  await page.getByRole('button', { name: 'Plan: api' }).click()
  await page.getByRole('heading', { level: 1, name: 'Plan' }).waitFor()
  await page.getByText('2 of 5 tasks ended').waitFor()
  const list = page.getByRole('list', { name: 'Tasks in the order in which they run' })
  await expect.poll(() => list.getByRole('listitem').count()).toBe(5)
  await list.getByRole('button', { name: /^page .*Waiting after api, schema$/ }).waitFor()
  await expect.poll(() => page.locator('.plan-edges path').count()).toBe(5)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `plan-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 700, height: 500 })
  await page.screenshot({ path: join(pictures, 'plan-700.png') })
  await page.setViewportSize({ width: 1180, height: 760 })

  const held = page.getByRole('region', { name: 'What the others wait for' })
  await held.getByText(`Held: Task ${id(3)} has failed`).waitFor()
  // It moves on while it is looked at.
  host.tell({ kind: 'task', task: { ...rows[1], state: ended('merged') } as TaskRow })
  await page.getByText('3 of 5 tasks ended').waitFor()
  await list.getByRole('button', { name: /^api .*Merged after schema$/ }).waitFor()

  await page.getByRole('button', { name: 'Cancel Plan…' }).click()
  await page.getByRole('dialog').getByText('The 2 tasks of it that have not ended are stopped.').waitFor()
  await page.getByRole('button', { name: 'Cancel Plan', exact: true }).click()
  await expect.poll(() => host.asked('cancelPlan')).toEqual([{ planId }])
  await held.getByRole('button', { name: 'Run Again' }).click()
  await expect.poll(() => host.asked('retryTask')).toEqual([{ id: id(3) }])
  expectNoFaults(window)
})

test('the arrows go from task to task of a plan, and Return opens one', async () => {
  await using window = await openWindow(sceneOf(rows), {}, `#plan/${id(2)}`)
  const { page } = window
  const focused = () => page.evaluate(() => document.activeElement?.querySelector('b')?.textContent)
  await page.getByRole('button', { name: /^schema/ }).focus()
  await page.keyboard.press('ArrowRight')
  await expect.poll(focused).toMatch(/api|mails/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: /invoice/ }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Plan' }).waitFor()
})

test('a hundred tasks, and one that belongs to none, are shown all the same', async () => {
  const many = Array.from({ length: 100 }, (_, at) =>
    planned(
      at,
      `step-${at}`,
      `Step ${at} of a long migration`,
      waits('Comes after task x'),
      ...(at < 3 ? [] : [at - 3]),
    ),
  )
  const alone = finishedTask(0x6001, 'Tidy up', 'admin', { outcome: 'merged' }, [60, 60, 3_000, 0.1])
  await using window = await openWindow(sceneOf([...many, alone]), {}, `#plan/${id(40)}`)
  const { page } = window
  await expect.poll(() => page.locator('.plan-task').count()).toBe(100)
  await page.screenshot({ path: join(pictures, 'plan-long.png') })
  await page.evaluate((hash) => (location.hash = hash), `#plan/${alone.id}`)
  await page.getByRole('heading', { level: 1, name: 'Order of Tasks' }).waitFor()
  await expect.poll(() => page.locator('.plan-task').count()).toBe(1)
  expectNoFaults(window)
})
