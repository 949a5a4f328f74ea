import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { markup, scriptConflicts } from '../support/claude/scripted-conflicts.ts'
import { conflictScene, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const out = join(import.meta.dirname, '../screenshots/out-settle')
const place = `#resolve/${idOf(0xc4)}`

useBrowser()

/** The entry of a file in the list; its folder and its name are shown apart. */
const fileButton = (page: Page, path: string) =>
  page.getByRole('navigation', { name: 'Commits and files' }).getByRole('button').filter({ hasText: path })

/** The editor, reached from a link, on a host that settles as a real one does. */
async function openEditor(options = {}) {
  const window = await openWindow(conflictScene, options, '', axe)
  const { choices } = scriptConflicts(window.host)
  await window.page.goto(window.host.url + place)
  await window.page.getByRole('region', { name: 'Conflict 1 of 2' }).waitFor()
  return { window, page: window.page, host: window.host, choices, keyboard: window.page.keyboard }
}

test('with the keyboard alone: from Needs You to every choice, and to a branch that has the work', async () => {
  await using window = await openWindow(conflictScene, {}, '#conflicts')
  const { page, host } = window
  const { choices } = scriptConflicts(host)
  const { keyboard } = page
  const chosen = (path: string) => [...choices.values()].find((choice) => choice.path === path)?.resolution
  await page.locator(`[data-task="${idOf(0xc4)}"]`).focus()
  await page.getByRole('button', { name: 'Resolve…' }).focus()
  await keyboard.press('Enter')
  await page.getByText('0 of 2 files, commit 2 of 3').waitFor()
  await page.getByRole('region', { name: 'Conflict 1 of 2' }).waitFor()
  await keyboard.press('Control+Enter')
  const focused = () => page.evaluate(() => document.activeElement?.ariaLabel)
  await expect.poll(focused).toBe('Conflict 1 of 2')
  await keyboard.press('3')
  await page.getByText('1 of 2 chosen.').waitFor()
  // A choice goes on to the next conflict, and is undone where it was made.
  await expect.poll(focused).toBe('Conflict 2 of 2')
  await keyboard.press('4')
  await page.getByText('1 of 2 files, commit 2 of 3').waitFor()
  await keyboard.press('Control+z')
  await page.getByText('0 of 2 files, commit 2 of 3').waitFor()
  await expect.poll(() => chosen('src/webhooks/sender.ts')).toBeUndefined()
  await page.getByText('1 of 2 chosen.').waitFor()
  await page.getByRole('region', { name: 'Conflict 2 of 2' }).focus()
  await keyboard.press('4')
  await page.getByText('1 of 2 files, commit 2 of 3').waitFor()
  await expect.poll(() => chosen('src/webhooks/sender.ts')).toEqual({ kind: 'hunks', picks: ['theirs', 'ours-theirs'] })

  await keyboard.press('Alt+ArrowDown')
  await page.getByRole('region', { name: 'Conflict 1 of 1' }).waitFor()
  await expect.poll(focused).toBe('Conflict 1 of 1')
  await page.getByRole('button', { name: 'Edit', exact: true }).focus()
  await keyboard.press('Enter')
  const field = page.getByRole('textbox', { name: 'The file, by hand' })
  await field.waitFor()
  await page.getByRole('alert').getByText('Marks of a conflict are still in it').waitFor()
  await keyboard.press('Control+Enter')
  await expect.poll(() => chosen('test/webhooks/sender.test.ts')).toBeUndefined()
  await keyboard.press('Control+a')
  await keyboard.type('one\ntwo\n')
  await keyboard.press('Control+Enter')
  await page.getByText('2 of 5 files, commit 3 of 3').waitFor()
  await expect.poll(() => chosen('test/webhooks/sender.test.ts')).toEqual({ kind: 'text', text: 'one\r\ntwo\r\n' })

  for (const [file, button, resolution] of [
    ['docs/webhooks.md', 'Delete File', { kind: 'delete' }],
    ['assets/flow.png', 'Keep the Task’s (20.1 kB)', { kind: 'side', side: 'theirs' }],
    ['data/events.json', 'Use Base', { kind: 'hunks', picks: ['base'] }],
  ] as const) {
    await fileButton(page, file).focus()
    await keyboard.press('Enter')
    await page.getByRole('region', { name: `Conflicts of ${file}` }).waitFor()
    await page.getByRole('button', { name: button }).focus()
    await keyboard.press('Enter')
    await expect.poll(() => chosen(file)).toEqual(resolution)
  }
  await page.getByText('5 of 5 files, commit 3 of 3').waitFor()
  await keyboard.press('Control+Enter')
  const outcome = page.getByRole('status', { name: 'Outcome' })
  await outcome.getByText('3 commits, by rebase, with your choices for 5 files.').waitFor()
  await page.getByText('yours, then the task’s').waitFor()
  await expect.poll(() => host.asked('finishConflicts')).toHaveLength(1)
  await keyboard.press('Escape')
  await page.getByRole('heading', { name: 'Needs You' }).waitFor()
  expectNoFaults(window)
})

test('abandoning asks, and leaves no choice behind', async () => {
  const { window, page, keyboard, choices, host } = await openEditor()
  await using _ = window
  await page.getByRole('button', { name: 'Keep Yours' }).click()
  await expect.poll(() => choices.size).toBe(1)
  await page.getByRole('button', { name: 'Abandon…' }).focus()
  await keyboard.press('Enter')
  await page.getByRole('dialog').getByText('1 choice made here will be forgotten').waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => choices.size).toBe(1)
  await keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Abandon', exact: true }).focus()
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Slots' }).waitFor()
  await expect.poll(() => choices.size).toBe(0)
  await expect.poll(() => host.asked('abandonConflicts')).toHaveLength(1)
  expectNoFaults(window)
})

test('a choice can be taken back, and text that is not kept holds finishing and leaving up', async () => {
  const { window, page, keyboard, choices } = await openEditor()
  await using _ = window
  await page.getByRole('button', { name: 'Keep Yours' }).click()
  await expect.poll(() => choices.size).toBe(1)
  await page.getByRole('button', { name: 'Keep Yours' }).click()
  await expect.poll(() => choices.size).toBe(0)
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await keyboard.type('x')
  await expect.poll(() => fileButton(page, 'test/webhooks/sender.test.ts').isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Abandon…' }).focus()
  await keyboard.press('Escape')
  await page.getByRole('textbox', { name: 'The file, by hand' }).focus()
  await keyboard.press('Escape')
  await page.getByText('0 of 2 chosen.').waitFor()
  await expect.poll(() => choices.size).toBe(0)
  expectNoFaults(window)
})

test('text of the guest stays text, and another task can resolve it', async () => {
  const { window, page, host } = await openEditor()
  await using _ = window
  const title = await page.title()
  await fileButton(page, 'test/webhooks/sender.test.ts').click()
  await page.getByText(markup).first().waitFor()
  await page.getByRole('button', { name: 'Use Task' }).click()
  await expect.poll(() => page.locator('img').count()).toBe(0)
  await expect.poll(() => page.title()).toBe(title)
  await page.getByRole('button', { name: 'Resolve with Claude' }).click()
  await page.getByRole('heading', { level: 1, name: 'Task 0badcafe' }).waitFor()
  await expect.poll(() => host.asked('resolveTask')).toEqual([{ id: idOf(0xc4), queue: true }])
})

test('a branch that moves at the last moment is told, with what to choose again', async () => {
  const { window, page, host, choices } = await openEditor()
  await using _ = window
  const settledView = { branch: 'main', onto: 'x', settled: true, problem: null, commits: [], stale: [] }
  host.answer('conflicts', () => ({ ...settledView, settled: false, onto: 'moved' }))
  host.answer('chooseConflict', () => settledView)
  host.answer('finishConflicts', () => {
    const detail = 'main moved'
    const stale = [{ commit: 'a', path: 'src/gone.ts', print: '', resolution: { kind: 'delete' as const } }]
    return { merge: { kind: 'unmerged', reason: 'branch_moved', files: [], detail }, settled: settledView, stale }
  })
  await page.getByRole('button', { name: 'Keep Yours' }).click()
  await page.getByText('Nothing collides').waitFor()
  await page.getByRole('button', { name: 'Finish' }).click()
  await page.getByText('main moved').waitFor()
  await page.getByText('Choose again for src/gone.ts').waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Finish' }).isDisabled()).toBe(true)
  await expect.poll(() => choices.size).toBe(0)
  expectNoFaults(window)
})

test('a file that is not where it should be can be put elsewhere', async () => {
  await using window = await openWindow(conflictScene)
  const { page, host } = window
  const { choices } = scriptConflicts(host, 'displaced')
  await page.goto(host.url + place)
  await page.getByText('Something else is in its place.').waitFor()
  await page.getByRole('textbox', { name: 'Put it at' }).fill('src/webhooks/send.ts')
  await page.getByRole('button', { name: 'Keep the Task’s' }).click()
  await expect
    .poll(() => [...choices.values()].map(({ resolution }) => resolution))
    .toEqual([{ kind: 'side', side: 'theirs', as: 'src/webhooks/send.ts' }])
  expectNoFaults(window)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the editor has no serious finding, and its pictures, ${colorScheme}`, async () => {
    await mkdir(out, { recursive: true })
    const { window, page } = await openEditor({ colorScheme })
    await using _ = window
    const picture = async (name: string) => {
      await page.screenshot({ path: join(out, `${name}-${colorScheme}.png`) })
      expect(await seriousFindings(page)).toEqual([])
    }
    await page.getByRole('button', { name: 'Use Task' }).first().click()
    await page.getByText('1 of 2 chosen.').waitFor()
    await picture('conflicts')
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await picture('conflicts-by-hand')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Keep Yours' }).click()
    await fileButton(page, 'test/webhooks/sender.test.ts').click()
    await page.getByRole('button', { name: 'Use Yours' }).click()
    await fileButton(page, 'assets/flow.png').click()
    await page.getByText('It is not text').waitFor()
    await picture('conflicts-binary')
    for (const file of ['docs/webhooks.md', 'assets/flow.png', 'data/events.json']) {
      await fileButton(page, file).click()
      await page.getByRole('region', { name: `Conflicts of ${file}` }).waitFor()
      await page.getByRole('button', { name: 'Keep the Task’s' }).click()
      await fileButton(page, file).getByText('the task’s', { exact: true }).waitFor()
    }
    await page.getByRole('button', { name: 'Finish' }).click()
    await page.getByRole('status', { name: 'Outcome' }).waitFor()
    await picture('conflicts-finished')
    expectNoFaults(window)
  })
}
