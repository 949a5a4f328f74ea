import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import type { PlaceView } from '../../preload/places.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, emptyScene, finishedTask, idOf, runningTask } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const pictures = join(import.meta.dirname, '../screenshots/out')

const works: TaskRow = {
  ...runningTask(
    1,
    'working',
    'Port the importer to streams',
    'data-pipeline',
    ['Read src/import.ts'],
    [90, 4_000, 0.2],
  ),
  ...{ id: idOf(0x8001), state: { phase: 'working', slot: null }, place: 'desk' },
}
const why = 'Resources: 4 nodes are busy'
const waits: TaskRow = {
  ...works,
  ...{ id: idOf(0x8002), title: 'Measure the importer', place: 'cluster', startedAt: null, live: null },
  state: { phase: 'queued', position: null, blocked: why },
}
const done: TaskRow = {
  ...finishedTask(0x8003, 'Split the importer', 'data-pipeline', { outcome: 'merged' }, [60, 300, 5_000, 0.3]),
  place: 'desk',
}
const scene: Scene = {
  ...busyScene,
  snapshot: { ...busyScene.snapshot, tasks: [...busyScene.snapshot.tasks, works, waits, done] },
}
const places: readonly PlaceView[] = [
  {
    ...{
      name: 'desk',
      kind: 'ssh',
      host: 'me@workstation',
      job: {},
      key: 'home',
      running: 1,
      waiting: 0,
      free: 9,
      away: null,
    },
    tasks: [{ id: works.id, node: 'workstation', why: null }],
  },
  {
    ...{
      name: 'cluster',
      kind: 'slurm',
      host: 'login1',
      job: { partition: 'long' },
      key: 'node',
      running: 0,
      waiting: 1,
      free: null,
    },
    ...{ away: 'ssh: connect to host login1 port 22: No route to host', tasks: [{ id: waits.id, node: null, why }] },
  },
]

useBrowser()

test('tasks of other machines stand beside the slots, and take none of them', async () => {
  await using window = await openWindow(
    scene,
    { colorScheme: 'light', viewport: { width: 1180, height: 1200 } },
    '',
    axe,
  )
  const { page } = window
  await page.getByText(/^10 of 10 busy/).waitFor()
  const section = page.getByRole('region', { name: 'At places' })
  await section.getByRole('button', { name: /^Port the importer to streams desk · data-pipeline/ }).waitFor()
  await section.getByText(why).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `slots-places-${colorScheme}.png`) })
  }
  await section.getByRole('button', { name: 'Show Places' }).click()
  await page.getByRole('heading', { level: 1, name: 'Places' }).waitFor()
  expectNoFaults(window)
})

test('the page of places says what each is busy with, what waits there and why, and leads to its history', async () => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, '', axe)
  const { page, host } = window
  host.answer('places', () => ({ places }))
  await page.getByRole('navigation', { name: 'This Host' }).getByRole('button', { name: 'Places' }).click()
  const desk = page.getByRole('region', { name: 'desk', exact: true })
  await desk.getByText('1 busy · 0 waiting · 9 free').waitFor()
  await desk.getByText('ssh, me@workstation').waitFor()
  await desk.getByRole('button', { name: /Port the importer.*workstation$/ }).waitFor()
  const cluster = page.getByRole('region', { name: 'cluster', exact: true })
  await cluster.getByText('slurm, login1, partition long, key there').waitFor()
  await cluster.getByText('Away: ssh: connect to host login1').waitFor()
  await cluster.getByText(`Waits: ${why}`).waitFor()
  host.answer('checkPlace', ({ place }) => {
    if (place === 'cluster') throw new AppError('place-unreachable', 'The place cluster cannot be reached')
    const cure = 'sudo apt-get install qemu-system-x86'
    return { problems: [{ message: 'qemu-system-x86_64 is missing', cure, optional: false }] }
  })
  await desk.getByRole('button', { name: 'Check desk' }).click()
  await desk.getByText('sudo apt-get install qemu-system-x86').waitFor()
  await cluster.getByRole('button', { name: 'Check cluster' }).click()
  await cluster.getByText('The place cluster cannot be reached').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `places-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 700, height: 600 })
  await page.screenshot({ path: join(pictures, 'places-700.png') })
  await page.setViewportSize({ width: 590, height: 380 })
  await page.screenshot({ path: join(pictures, 'places-200.png') })
  await page.setViewportSize({ width: 1180, height: 760 })

  await desk.getByRole('button', { name: 'History' }).click()
  await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
  await expect.poll(() => page.getByRole('combobox', { name: 'Place' }).inputValue()).toBe('desk')
  await expect.poll(() => host.lastAsked('history')).toMatchObject({ place: 'desk' })
  await page.getByRole('columnheader', { name: 'Place' }).waitFor()
  await page.getByRole('row', { name: /Split the importer.*desk/ }).waitFor()
  await expect.poll(() => page.getByRole('row', { name: /This host/ }).count()).toBe(0)
  await page.getByRole('combobox', { name: 'Place' }).selectOption('This Host')
  await page
    .getByRole('row', { name: /This host/ })
    .first()
    .waitFor()
  await page.screenshot({ path: join(pictures, 'history-places.png') })
  await page.setViewportSize({ width: 700, height: 600 })
  await page.screenshot({ path: join(pictures, 'history-places-700.png') })
  expectNoFaults(window)
})

test('a new task is given to a place, which asks for no queue of this host', async () => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, '', axe)
  const { page, host } = window
  host.answer('places', () => ({ places }))
  await page
    .getByRole('button', { name: /^New Task/ })
    .first()
    .click()
  await page.getByRole('textbox', { name: 'What shall the agent do?' }).fill('Measure it')
  await page.getByRole('checkbox', { name: 'Wait for a slot if all are busy' }).waitFor()
  await page.getByRole('combobox', { name: 'Where it runs' }).selectOption('desk')
  await page.getByText('It takes no slot here, and waits there when that is full.').waitFor()
  await expect.poll(() => page.getByRole('checkbox', { name: 'Wait for a slot if all are busy' }).count()).toBe(0)
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Start Task' }).click()
  await expect.poll(() => host.lastAsked('runTask')).toMatchObject({ description: 'Measure it', place: 'desk' })
  await expect.poll(async () => Object.keys((await host.lastAsked('runTask')) as object)).not.toContain('queue')
  expectNoFaults(window)
})

test('without a place the page says how to add one', async () => {
  await using window = await openWindow(emptyScene, {}, '#places')
  await window.page.getByText('microvm-orchestrator places add desk --ssh me@workstation').waitFor()
  await window.page.screenshot({ path: join(pictures, 'places-empty.png') })
  expectNoFaults(window)
})
