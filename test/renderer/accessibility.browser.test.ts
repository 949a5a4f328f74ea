import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Scene } from '../support/window/window-host.ts'
import {
  busyScene,
  calmScene,
  conflictScene,
  emptyScene,
  errorScene,
  idOf,
  longScene,
  onDesktop,
} from '../support/window/window-scenes.ts'
import { openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const running = `#task/${idOf(0x7f3a_0001)}?tab=console`
const press = (name: string) => (page: Page) => page.getByRole('button', { name }).click()
const tab = (name: string) => (page: Page) => page.getByRole('tab', { name }).click()

useBrowser()

type Case = readonly [name: string, scene: Scene, hash: string, act?: (page: Page) => Promise<unknown>]

const cases: readonly Case[] = [
  ['the first run', emptyScene, ''],
  ['slots', calmScene, ''],
  ['slots as a list', busyScene, '', (page) => page.getByRole('radio', { name: 'List' }).click()],
  ['a console', busyScene, running],
  ['steps', busyScene, running, tab('Steps')],
  ['changes', busyScene, running, tab('Changes')],
  ['a result', errorScene, `#task/${idOf(0xa5)}`],
  ['the question before a stop', busyScene, running, press('Stop')],
  ['the menu of a task', onDesktop(busyScene), running, press('More actions')],
  ['a new task', busyScene, '#new-task'],
  ['what needs the user', conflictScene, '#conflicts'],
  ['history', busyScene, '#history', (page) => page.getByRole('grid').press('ArrowDown')],
  ['repositories', longScene, '#repositories'],
  ['the path of a repository', busyScene, '#repositories', press('Add Repository…')],
  ['set-up', errorScene, '#setup'],
  ['settings', onDesktop(busyScene), '#settings'],
]

test.for(cases)('%s has no serious finding, light or dark', async ([, scene, hash, act]) => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, hash, axe)
  await act?.(window.page)
  for (const colorScheme of ['light', 'dark'] as const) {
    await window.page.emulateMedia({ colorScheme })
    expect(await seriousFindings(window.page), colorScheme).toEqual([])
  }
})
