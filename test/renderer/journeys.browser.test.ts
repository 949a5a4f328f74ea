import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { scriptConflicts } from '../support/claude/scripted-conflicts.ts'
import { reviewScene, scriptReview, toReview } from '../support/claude/scripted-review.ts'
import type { WindowHost } from '../support/window/window-host.ts'
import { calmScene, conflictScene, errorScene, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

/** How often the user has clicked and pressed a key so far; texts that are typed are not counted. */
async function counted(page: Page): Promise<() => Promise<string>> {
  await page.evaluate(() => {
    const acts = { click: 0, keydown: 0 }
    for (const name of ['click', 'keydown'] as const)
      document.addEventListener(
        name,
        // Return makes a click of its own, and a key that is held for another one is no act.
        (event) => {
          const isOwn =
            event instanceof MouseEvent
              ? event.detail > 0
              : !/Control|Shift|Alt|Meta/.test((event as KeyboardEvent).key)
          if (event.isTrusted && isOwn) acts[name] += 1
        },
        true,
      )
    Object.assign(window, { acts })
  })
  return async () => {
    const { click, keydown } = await page.evaluate(() => (window as never as { acts: Record<string, number> }).acts)
    return `${click} clicks, ${keydown} keys`
  }
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()

test('from the slots to a running task', async () => {
  await using window = await openWindow(calmScene)
  const { page, host } = window
  const acts = await counted(page)
  await page
    .getByRole('button', { name: /^New Task/ })
    .first()
    .click()
  await page.getByRole('textbox', { name: 'What shall the agent do?' }).fill('Add retries')
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => host.asked('runTask')).toHaveLength(1)
  await page.getByRole('tab', { name: 'Steps' }).waitFor()
  await expect.poll(acts).toBe('1 clicks, 1 keys')
  expectNoFaults(window)
})

test('from the slots to why a task failed', async () => {
  await using window = await openWindow(errorScene)
  const { page } = window
  const acts = await counted(page)
  await page
    .locator(`[data-task="${idOf(0xa5)}"]`)
    .first()
    .click()
  await page.getByText("error: attribute 'openssl_1_1' missing").first().waitFor()
  await page
    .getByRole('region', { name: /failed/i })
    .getByText('nix develop -c cargo test')
    .waitFor()
  await expect.poll(acts).toBe('1 clicks, 0 keys')
  expectNoFaults(window)
})

test('from the slots through a review to the branch', async () => {
  await using window = await openWindow(reviewScene)
  const { page, host } = window
  scriptReview(host)
  const acts = await counted(page)
  const card = page.locator('.slot', { has: page.locator(`[data-task="${toReview}"]`) })
  await card.getByRole('button', { name: 'Review…' }).click()
  await page.getByRole('region', { name: 'Differences' }).waitFor()
  await page.getByRole('button', { name: /^Accept/ }).click()
  await expect.poll(() => host.asked('acceptTask')).toEqual([{ id: toReview }])
  await expect.poll(acts).toBe('2 clicks, 0 keys')
  expectNoFaults(window)
})

test('from the slots through three conflicts', async () => {
  await using window = await openWindow(conflictScene)
  const { page, host } = window
  const { choices } = scriptConflicts(host)
  const acts = await counted(page)
  await page.getByRole('button', { name: 'Resolve…' }).first().click()
  await page.getByText('0 of 2 files, commit 2 of 3').waitFor()
  await page.getByRole('region', { name: 'Conflict 1 of 2' }).waitFor()
  const { keyboard } = page
  await keyboard.press('Control+Enter')
  await keyboard.press('3')
  await page.getByText('1 of 2 chosen.').waitFor()
  await keyboard.press('4')
  await page.getByText('1 of 2 files, commit 2 of 3').waitFor()
  await keyboard.press('Alt+ArrowDown')
  await page.getByRole('region', { name: 'Conflict 1 of 1' }).waitFor()
  await keyboard.press('Control+Enter')
  await keyboard.press('3')
  await expect.poll(() => choices.size).toBe(2)
  await expect.poll(acts).toBe('1 clicks, 6 keys')
  expectNoFaults(window)
})

test('from the slots to a host that the tasks of a repository may reach', async () => {
  await using window = await openWindow(calmScene)
  const { page, host } = window
  refuse(host)
  const acts = await counted(page)
  await page.getByRole('button', { name: /^Repositories/ }).click()
  await page.getByRole('button', { name: 'billing-api', exact: true }).click()
  await page.getByRole('button', { name: 'Allow This Host static.crates.io' }).click()
  await expect.poll(() => host.asked('setEgress')).toHaveLength(1)
  await expect.poll(acts).toBe('3 clicks, 0 keys')
  expectNoFaults(window)
})

test('over the end of an event stream, and back from a task to where the user was', async () => {
  await using window = await openWindow(calmScene, {}, '#history?search=webhook')
  const { page, host } = window
  const acts = await counted(page)
  const before = (await host.asked('snapshot')).length
  host.cut()
  await expect.poll(async () => (await host.asked('snapshot')).length).toBeGreaterThan(before)
  await expect.poll(acts).toBe('0 clicks, 0 keys')
  await page
    .getByRole('row', { name: /webhook/ })
    .first()
    .dblclick()
  await page.getByRole('tab', { name: 'Steps' }).waitFor()
  await page.goBack()
  await heading(page, 'History')
  await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('webhook')
})

function refuse(host: WindowHost): void {
  const at = '2026-11-23T10:00:00.000Z'
  const refusal = { kind: 'refused', reason: 'not-listed', at, task: idOf(0xa8), port: 443, times: 1 } as const
  const egress = ['registry.npmjs.org']
  host.answer('repository', () => ({ refusals: [{ ...refusal, host: 'static.crates.io' }], tasksFolder: '/home/kim' }))
  const repositories = host.snapshot.repositories.map((it) => (it.alias === 'billing-api' ? { ...it, egress } : it))
  host.tell({ kind: 'repositories', repositories })
}
