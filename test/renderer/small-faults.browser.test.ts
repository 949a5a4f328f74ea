import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import type { SlotId } from '../../main/core/task/task.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import { checkFailed, reviewScene, scriptReview } from '../support/claude/scripted-review.ts'
import type { Scene } from '../support/window/window-host.ts'
import {
  busyScene,
  calmScene,
  conflictScene,
  finishedTask,
  historyScene,
  idOf,
  onDesktop,
  runningTask,
} from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

const pictures = join(import.meta.dirname, '../screenshots/out')
const running = idOf(0x7f3a_0001)
const ended = idOf(0xa8)

useBrowser()

const views: readonly (readonly [string, Scene, string])[] = [
  ['slots', busyScene, '#slots'],
  ['what needs the user', conflictScene, '#conflicts'],
  ['history', historyScene, '#history'],
  ['repositories', onDesktop(busyScene), '#repositories'],
  ['set-up', busyScene, '#setup'],
  ['settings', busyScene, '#settings'],
  ['a new task', busyScene, '#new-task'],
  ['a console', busyScene, `#task/${running}?tab=console`],
  ['changes', busyScene, `#task/${running}?tab=changes`],
  ['a result', busyScene, `#task/${ended}`],
]

/** Controls that lie outside the window, or outside a part of it that cannot be scrolled. Runs in the page. */
const cutControls = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const isCut = (element: Element): boolean => {
      const own = element.getBoundingClientRect()
      for (let box = element.parentElement; box; box = box.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(box)
        const around =
          box === document.documentElement ? new DOMRect(0, 0, innerWidth, innerHeight) : box.getBoundingClientRect()
        const scrolls = (way: string): boolean => way === 'auto' || way === 'scroll'
        if (
          overflowX !== 'visible' &&
          !scrolls(overflowX) &&
          (own.right > around.right + 1 || own.left < around.left - 1)
        )
          return true
        if (overflowY !== 'visible' && !scrolls(overflowY) && own.bottom > around.bottom + 1) return true
        if (scrolls(overflowX) || scrolls(overflowY)) return false
      }
      return false
    }
    const all = document.querySelectorAll('button, select, textarea, input:not([type="checkbox"]), .badge')
    return [...all]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.xterm'))
      .filter(isCut)
      .map((element) => element.getAttribute('aria-label') ?? element.textContent ?? element.tagName)
  })

test.for(views)('no control of %s is cut at 700 px or at 200 %%', async ([, scene, hash]) => {
  await using window = await openWindow(scene, { viewport: { width: 700, height: 760 } }, hash)
  const { page } = window
  await page.waitForLoadState('networkidle', { timeout: 300 }).catch(() => {
    // The event stream never ends; what the view asked for has come by then.
  })
  await expect.poll(() => cutControls(page), { message: '700 px' }).toEqual([])
  // 200 % of a window of 1180 by 760.
  await page.setViewportSize({ width: 590, height: 380 })
  await expect.poll(() => cutControls(page), { message: '200 %' }).toEqual([])
  expectNoFaults(window)
})

test('at 700 px the side bar is narrow and says how many tasks need the user', async () => {
  await using window = await openWindow(busyScene, { viewport: { width: 700, height: 760 } })
  await expect.poll(() => window.page.locator('.side').evaluate((it) => it.getBoundingClientRect().width)).toBe(56)
  await expect.poll(() => window.page.locator('.nav .badge').isVisible()).toBe(true)
})

test('a copy from a menu or of the console says what was copied', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${running}?tab=console`)
  const { page } = window
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Copy Task ID' }).click()
  await page.getByText('Copied: the task’s id').waitFor()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(running)
  await page.getByRole('button', { name: /^Copy what/ }).click()
  await page.getByText(/^Copied: \d+ lines of the console$/).waitFor()
})

test('a parked task says why and until when, on Slots and in its view', async () => {
  const parked: TaskRow = {
    ...finishedTask(0xee, 'Wait for the limit', 'admin', { outcome: 'merged' }, [0, 60, 10_000, 0.1]),
    state: { phase: 'parked', until: '2026-11-23T12:00:00Z', detail: 'The usage limit is reached', position: null },
  }
  const scene = { ...calmScene, snapshot: { ...calmScene.snapshot, tasks: [...calmScene.snapshot.tasks, parked] } }
  await using window = await openWindow(scene)
  const { page } = window
  await page.getByText(/The usage limit is reached, goes on .*1/).waitFor()
  await page.goto(`${page.url().split('#')[0]}#task/${parked.id}`)
  await page.getByText(/The usage limit is reached, goes on .*12:00/).waitFor()
})

test('the words of the search among files are in the address, and the app of a Mac says Finder', async () => {
  await using window = await openWindow(onDesktop(busyScene), {}, `#task/${running}?tab=changes`)
  const { page } = window
  await page.getByRole('searchbox', { name: 'Filter files' }).fill('retry')
  await expect.poll(() => page.url()).toMatch(/files=retry/)
  await page.reload()
  await expect.poll(() => page.getByRole('searchbox', { name: 'Filter files' }).inputValue()).toBe('retry')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Show in Finder' }).waitFor()
})

test('the focus survives the end of a task: on its card, and in its view where its button goes away', async () => {
  await using window = await openWindow(calmScene)
  const { page, host } = window
  const row = finishedTask(1, 'Add retry', 'billing-api', { outcome: 'merged' }, [0, 724, 200_000, 0.9])
  const focused = () => page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-task]')?.dataset.task)
  await page.locator(`[data-task="${running}"]`).focus()
  host.tell({ kind: 'task', task: { ...row, id: running } })
  await page.getByText('Add retry', { exact: true }).first().waitFor()
  await expect.poll(focused).toBe(running)
  const other = idOf(0x7f3a_0002)
  await page.goto(`${page.url().split('#')[0]}#task/${other}`)
  await page.getByRole('button', { name: 'Stop' }).focus()
  host.tell({ kind: 'task', task: { ...row, id: other } })
  await page.getByRole('button', { name: 'Run Again' }).waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
})

test('a task that starts does not call the user back, and one that cannot says so where the user is', async () => {
  await using window = await openWindow(busyScene, {}, '#new-task')
  const { page, host } = window
  let answer = Promise.withResolvers<{ readonly id: typeof running }>()
  host.answer('runTask', () => answer.promise)
  const leave = async (): Promise<void> => {
    await page.getByRole('textbox', { name: 'What shall the agent do?' }).fill('Fix it')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('button', { name: 'Starting…' }).waitFor()
    await page.keyboard.press('Control+3')
    await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
  }
  await leave()
  answer.resolve({ id: running })
  await page.getByText('Task started').waitFor()
  await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
  answer = Promise.withResolvers()
  await page.goto(`${page.url().split('#')[0]}#new-task`)
  await leave()
  answer.reject(new AppError('slots-busy', 'All 10 slots are busy'))
  await page.getByText('All 10 slots are busy').waitFor()
  await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
})

test('notices beyond four are counted, and come when there is room', async () => {
  await using window = await openWindow(busyScene)
  const { page, host } = window
  for (let at = 1; at <= 6; at += 1) host.notify('notify', { title: `Notice ${at}`, body: '', place: null })
  await page.getByText('2 earlier notices').waitFor()
  await expect.poll(() => page.getByText('Notice 1').count()).toBe(0)
  for (const at of [6, 5])
    await page
      .getByRole('region', { name: `Notice ${at}` })
      .getByRole('button', { name: 'Dismiss' })
      .click()
  await page.getByText('Notice 1').waitFor()
  host.notify('notify', { title: 'Notice 7', body: '', place: null })
  await page.getByRole('button', { name: 'Dismiss All' }).click()
  await expect.poll(() => page.getByText('Notice 7').count()).toBe(0)
})

test('a file that is dragged over the window is promised nothing', async () => {
  await using window = await openWindow(onDesktop(busyScene), {}, '#repositories')
  const { page } = window
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['x'], 'notes.txt', { type: 'text/plain' }))
    globalThis.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true, cancelable: true }))
  })
  await page.getByText('Only folders can be registered').waitFor()
  await expect.poll(() => page.getByText('Release to register').count()).toBe(0)
})

test('work that waits to land can be taken out of that, and work that is taken over cannot be stopped', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${running}`)
  const { page, host } = window
  const row = runningTask(1, 'merging', 'Add retry', 'billing-api', '', [724, 200_000, 0.9])
  const stop = page.getByRole('button', { name: 'Stop' })
  host.tell({ kind: 'task', task: row })
  await expect.poll(() => stop.isDisabled()).toBe(true)
  const landing = 'Its check runs again, on the branch as it is now'
  host.tell({ kind: 'task', task: { ...row, state: { phase: 'merging', slot: 1 as SlotId, landing } } })
  await expect.poll(() => stop.isDisabled()).toBe(false)
  const asked: unknown[] = []
  host.answer('cancelTask', async (request) => {
    asked.push(request)
    return {}
  })
  await stop.click()
  const dialog = page.getByRole('dialog', { name: 'Take this work out of what lands?' })
  await dialog.getByText(`Its work is kept at refs/tasks/${running}`, { exact: false }).waitFor()
  await dialog.getByRole('button', { name: 'Take It Out' }).click()
  await expect.poll(() => asked).toEqual([{ id: running }])

  // One that has ended may land as well: an attempt that was chosen, or what a client merges.
  const former = finishedTask(1, 'Add retry', 'billing-api', { outcome: 'unmerged' }, [60, 724, 200_000, 0.9])
  const way = { ...former, id: running, state: { ...former.state, landing } }
  const takeOut = page.getByRole('button', { name: 'Take It Out' })
  host.answer('landing', () => ({
    ...{ branch: 'main', command: null },
    cars: [{ id: running, title: 'Add retry', position: 1, isChecked: true, text: landing }],
  }))
  host.tell({ kind: 'task', task: way })
  await page.getByRole('tab', { name: 'Result' }).click()
  await page.getByRole('heading', { name: 'On its way onto main' }).waitFor()
  await takeOut.click()
  await dialog.getByText(`Its work is kept at refs/tasks/${running}`, { exact: false }).waitFor()
  await page.screenshot({ path: join(pictures, 'landing-ended.png') })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Merge Now' }).waitFor({ state: 'detached' })
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox', { name: 'Find an action or a task' }).fill('Take It Out')
  await page.getByRole('option', { name: /Take It Out/ }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Needs You/ }).click()
  await page.locator(`[data-task="${running}"]`).click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Take It Out…' }).click()
  await dialog.waitFor()
})

test('a question that harms nothing has the focus on its action, one that does has it on Cancel', async () => {
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent)
  {
    await using window = await openWindow(busyScene, {}, `#task/${running}`)
    await window.page.getByRole('button', { name: 'Stop' }).click()
    await window.page.getByRole('dialog').waitFor()
    await expect.poll(() => focused(window.page)).toBe('Cancel')
    await window.page.keyboard.press('Escape')
    await window.page.keyboard.press('Shift+?')
    await window.page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await expect.poll(() => focused(window.page)).toBe('Done')
  }
  await using window = await openWindow(reviewScene, {}, `#review/${checkFailed}`)
  scriptReview(window.host)
  await window.page.reload()
  await window.page.getByRole('button', { name: 'Accept All' }).click()
  await window.page.getByRole('dialog').waitFor()
  await expect.poll(() => focused(window.page)).toBe('Cancel')
})
