import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, test } from 'vitest'
import type { Scene } from '../support/window/window-host.ts'
import {
  busyScene,
  calmScene,
  conflictScene,
  emptyScene,
  errorScene,
  historyScene,
  idOf,
  longScene,
  onDesktop,
} from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

const out = join(import.meta.dirname, '../screenshots/out')

useBrowser()
beforeAll(async () => {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
})

const running = `#task/${idOf(0x7f3a_0001)}?tab=console`
const tab = (name: string) => async (page: Page) => {
  await page.getByRole('tab', { name }).click()
}

type Shot = readonly [
  name: string,
  scene: Scene,
  hash: string,
  act?: ((page: Page) => Promise<unknown>) | undefined,
  width?: number,
]

const shots: readonly Shot[] = [
  ['slots-empty', emptyScene, ''],
  ['slots-empty-desktop', onDesktop(emptyScene), ''],
  ['slots-busy', busyScene, ''],
  ['slots-calm', calmScene, ''],
  ['slots-list', busyScene, '', (page) => page.getByRole('radio', { name: 'List' }).click()],
  ['slots-long', longScene, ''],
  ['slots-error', errorScene, ''],
  ['task-console', busyScene, running],
  ['task-steps', busyScene, running, tab('Steps')],
  ['task-changes', busyScene, running, tab('Changes')],
  [
    'task-changes-sender',
    busyScene,
    running,
    async (page) => {
      await tab('Changes')(page)
      await page.getByRole('button', { name: /^sender/ }).click()
    },
  ],
  ['task-no-result', busyScene, running, tab('Result')],
  ['task-result', busyScene, `#task/${idOf(0xa8)}`],
  ['task-conflict', conflictScene, `#task/${idOf(0xc4)}`],
  ['task-failed', errorScene, `#task/${idOf(0xa5)}`],
  ['task-long-steps', longScene, running, tab('Steps')],
  ['task-long-changes', longScene, running, tab('Changes')],
  ['task-unknown', busyScene, '#task/deadbeef'],
  ['new-task', busyScene, '#new-task'],
  ['needs-you', conflictScene, '#conflicts'],
  ['needs-you-empty', emptyScene, '#conflicts'],
  ['needs-you-long', longScene, '#conflicts'],
  ['history', historyScene, '#history', (page) => page.getByRole('grid').press('ArrowDown')],
  [
    'history-peek',
    busyScene,
    '#history',
    async (page) => {
      await page.getByRole('row', { name: /Send each webhook/ }).click()
      await page.keyboard.press('Space')
    },
  ],
  ['history-empty', emptyScene, '#history'],
  ['repositories', busyScene, '#repositories'],
  ['repositories-desktop', onDesktop(busyScene), '#repositories'],
  ['repositories-empty', emptyScene, '#repositories'],
  ['repositories-long', longScene, '#repositories'],
  ['setup', busyScene, '#setup'],
  ['setup-error', errorScene, '#setup'],
  ['slots-narrow', busyScene, '', undefined, 740],
  ['history-narrow', historyScene, '#history', undefined, 740],
  ['repositories-narrow', busyScene, '#repositories', undefined, 740],
  ['slots-wide', calmScene, '', undefined, 1720],
  ['task-stop', busyScene, running, (page) => page.getByRole('button', { name: 'Stop' }).click()],
  [
    'notices',
    busyScene,
    '#repositories',
    async (page) => {
      await page.getByRole('button', { name: 'Add Repository…' }).click()
      await page.getByRole('textbox').fill('/home/kim/code/search-index')
      await page.keyboard.press('Enter')
      await page.getByText('Registered as').waitFor()
    },
  ],
  ['settings', busyScene, '#settings'],
  ['settings-desktop', onDesktop(busyScene), '#settings'],
]

test.for(shots)('pictures of %s, light and dark', async ([name, scene, hash, act, width = 1180]) => {
  await using window = await openWindow(scene, { colorScheme: 'light', viewport: { width, height: 760 } }, hash)
  const { page } = window
  await act?.(page)
  await page.waitForLoadState('networkidle', { timeout: 300 }).catch(() => {
    // The event stream never ends; what the view asked for has come by then.
  })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(out, `${name}-${colorScheme}.png`) })
  }
  expectNoFaults(window)
})
