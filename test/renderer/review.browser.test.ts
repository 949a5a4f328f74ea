import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { expect, test } from 'vitest'
import { checkFailed, reviewScene, scriptReview, toReview } from '../support/claude/scripted-review.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const out = join(import.meta.dirname, '../screenshots/out-settle')

useBrowser()

/** The review of a task, come to from Needs You by the keyboard. */
async function openReview(id: string, options: BrowserContextOptions = {}) {
  const window = await openWindow(reviewScene, options, '#conflicts', axe)
  const { page, host } = window
  scriptReview(host)
  await page.locator(`[data-task="${id}"]`).focus()
  await page.getByRole('button', { name: 'Review…' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('list', { name: 'Commits' }).waitFor()
  await page.getByRole('region', { name: 'Differences' }).waitFor()
  return { window, page, host, keyboard: page.keyboard }
}

test('all of it is accepted as it is, and the window goes back to what else waits', async () => {
  const { window, page, host, keyboard } = await openReview(toReview)
  await using _ = window
  await page.getByText('It comes onto main as it is now.').waitFor()
  await page.getByRole('button', { name: 'Accept All' }).focus()
  await keyboard.press('Enter')
  await page.getByText('Merged into main').waitFor()
  await page.getByRole('heading', { level: 1, name: 'Needs You' }).waitFor()
  await expect.poll(() => host.asked('acceptTask')).toEqual([{ id: toReview }])
  expectNoFaults(window)
})

test('one commit is accepted under another message, and the other is left', async () => {
  const { window, page, host, keyboard } = await openReview(toReview)
  await using _ = window
  await page.getByRole('button', { name: 'Edit the message of a41c0d2' }).focus()
  await keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Message' }).fill('Retry webhooks\n\nFive times.')
  await keyboard.press('Control+Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('checkbox', { name: /how often it was tried/ }).focus()
  await keyboard.press('Space')
  await page.getByRole('button', { name: 'Accept 1 of 2' }).focus()
  await keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Needs You' }).waitFor()
  await expect
    .poll(() => host.asked('acceptTask'))
    .toEqual([{ id: toReview, only: ['a41c0d2'], messages: { a41c0d2: 'Retry webhooks\n\nFive times.' } }])
  expectNoFaults(window)
})

test('a review goes by commit and file with single keys, and comments go to the agent', async () => {
  const { window, page, host, keyboard } = await openReview(toReview)
  await using _ = window
  const file = (path: string) => page.getByRole('region', { name: `Changes of ${path}` }).waitFor()
  const progress = (words: string) => page.getByText(words).waitFor()
  await file('src/webhooks/errors.ts')
  await keyboard.press('j')
  await file('src/webhooks/retry.ts')
  await keyboard.press('k')
  await file('src/webhooks/errors.ts')
  // Viewed: the next file is shown, and the mark outlives the page.
  await keyboard.press('x')
  await file('src/webhooks/retry.ts')
  await progress('1 of 7 viewed')
  await expect.poll(() => page.url()).toContain('retry.ts')
  await page.reload()
  await progress('1 of 7 viewed')
  await file('src/webhooks/retry.ts')
  await page.getByRole('button', { name: /errors\.ts.*, viewed/ }).click()
  await page.getByRole('checkbox', { name: 'Viewed' }).uncheck()
  await progress('0 of 7 viewed')
  await file('src/webhooks/errors.ts')

  // All lines are asked for once, and folded again.
  const wholes = async () =>
    (await host.asked('reviewDiff')).filter((request) => JSON.stringify(request).includes('"whole":true')).length
  await page.getByRole('button', { name: 'Rest of the File' }).waitFor()
  await keyboard.press('e')
  await page.getByRole('button', { name: 'Rest of the File' }).waitFor({ state: 'detached' })
  await expect.poll(wholes).toBe(1)
  await page.getByRole('button', { name: 'How lines are shown' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Ignore Changes in Space', checked: false }).click()
  await expect
    .poll(() => host.lastAsked('reviewDiff'))
    .toMatchObject({ path: 'src/webhooks/errors.ts', wish: { ignoreSpace: true } })
  await page.getByRole('button', { name: 'How lines are shown' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Wrap Long Lines', checked: true }).click()
  await page.locator('.diff.unwrapped').waitFor()

  // One commit, with the whole of its message to be edited.
  await page.getByRole('button', { name: /^Say in the error/ }).click()
  await page.getByText('The body of b7710aa.').waitFor()
  await progress('0 of 2 viewed')
  await expect.poll(() => host.lastAsked('reviewDiff')).toMatchObject({ against: { kind: 'commit', id: 'b7710aa' } })
  await page.getByRole('button', { name: 'Edit the message of b7710aa' }).click()
  const message = page.getByRole('textbox', { name: 'Message' })
  await expect.poll(() => message.inputValue()).toMatch(/how often it was tried\n\nThe body of b7710aa\.$/)
  await keyboard.press('Escape')
  await page.getByRole('button', { name: /^All Changes/ }).click()

  await page.getByRole('region', { name: 'Differences' }).focus()
  await keyboard.press('c')
  await keyboard.type('Why not keep the status first?')
  await keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'Send 1 Comment…' }).click()
  host.answer('continueTask', () => ({}))
  await page.getByRole('textbox', { name: 'Of the whole (optional)' }).fill('Nearly there.')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByText('Sent to the agent').waitFor()
  const sent = (await host.lastAsked('continueTask')) as { id: string; text: string }
  expect(sent.id).toBe(toReview)
  expect(sent.text).toMatch(
    /^Nearly there\.\n\n1\. src\/webhooks\/errors\.ts, line \d+( of the file as it was before)?:\n {3}> .+\n {3}Why not keep the status first\?$/,
  )
  expectNoFaults(window)
})

test('pictures of a change stand beside each other, and six thousand lines make few elements', async () => {
  const { window, page, host } = await openReview(toReview)
  await using _ = window
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAEElEQVR4nGNgYGD4D8UQGgAV7AT8pVq5QgAAAABJRU5ErkJggg=='
  const picture = { type: 'image/png', width: 2, height: 3, data: png } as const
  const lines = Array.from({ length: 6_000 }, (_, at) => ({
    kind: at % 3 ? (' ' as const) : ('+' as const),
    text: `${at}`,
  }))
  host.answer('reviewDiff', ({ path }) =>
    path.endsWith('retry.ts')
      ? { kind: 'binary', oldBytes: 74, newBytes: 80, pictures: { before: picture, after: picture } }
      : { kind: 'text', hunks: [{ oldStart: 1, newStart: 1, heading: '', lines }] },
  )
  await page.getByRole('button', { name: /^retry\.ts/ }).click()
  for (const side of ['Before', 'After']) {
    const shown = page.getByRole('img', { name: `${side}: src/webhooks/retry.ts` })
    await expect
      .poll(() =>
        shown.evaluate((it) => (it as HTMLImageElement).decode().then(() => (it as HTMLImageElement).naturalHeight)),
      )
      .toBe(3)
  }
  await page.getByRole('button', { name: /^sender\.ts/ }).click()
  const diff = page.getByRole('region', { name: 'Differences' })
  await diff.getByText('4', { exact: true }).first().waitFor()
  await expect.poll(() => diff.locator('*').count()).toBeLessThan(8_000)
  // To the end, which was not made before.
  await diff.evaluate((it) => it.scrollTo(0, it.scrollHeight))
  await diff.getByText('5999', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Previous change' }).click()
  await diff.getByText('5997', { exact: true }).first().waitFor()
  await expect.poll(() => diff.locator('*').count()).toBeLessThan(8_000)
  expectNoFaults(window)
})

test('files are compared with the start, and with the branch as it is now', async () => {
  const { window, page, host } = await openReview(toReview)
  await using _ = window
  await page.getByRole('radio', { name: 'On the Branch Now' }).click()
  await page.getByRole('region', { name: 'Changes of src/webhooks/sender.ts' }).waitFor()
  await expect
    .poll(() => host.lastAsked('reviewDiff'))
    .toMatchObject({ id: toReview, path: 'src/webhooks/sender.ts', against: { kind: 'branch' } })
  await expect
    .poll(() => host.asked('reviewDiff').then(([first]) => first))
    .toMatchObject({ against: { kind: 'start' } })
  await expect.poll(() => host.asked('fileDiff')).toEqual([])
})

test.each([
  ['kept', false],
  ['dropped', true],
] as const)('rejecting asks, and the ref is %s', async (_, dropRef) => {
  const { window, page, host, keyboard } = await openReview(toReview)
  await using __ = window
  await page.getByRole('button', { name: 'Reject…' }).focus()
  await keyboard.press('Enter')
  await keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => host.asked('rejectTask')).toEqual([])
  await keyboard.press('Enter')
  if (dropRef) await page.getByRole('checkbox', { name: `Delete refs/tasks/${toReview} too` }).press('Space')
  await keyboard.press('Control+Enter')
  await page.getByRole('heading', { level: 1, name: 'Needs You' }).waitFor()
  await expect.poll(() => host.asked('rejectTask')).toEqual([{ id: toReview, dropRef }])
  expectNoFaults(window)
})

test('a check that failed shows what it printed, as text, and the way to its conflicts', async () => {
  const { window, page, host } = await openReview(checkFailed)
  await using _ = window
  await page.getByRole('region', { name: 'What the check printed' }).getByText('<b>expected</b> 6 to be 5').waitFor()
  await page.getByText('exit status 1').waitFor()
  host.answer('acceptTask', () => ({
    merged: false,
    ...{ reason: 'conflicts', conflicts: ['a'], task_ref: `refs/tasks/${checkFailed}` },
    detail: 'Commit 1 of 2 does not apply to main',
  }))
  await page.getByRole('button', { name: 'Accept All' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click()
  await page.getByText('Commit 1 of 2 does not apply to main').waitFor()
  await page.getByRole('button', { name: 'Resolve…' }).click()
  await page.getByText('Nothing collides').waitFor()
  expectNoFaults(window)
})

test('when work is merged is chosen for each repository, and the command of a check is asked for', async () => {
  await using window = await openWindow(reviewScene, {}, '#repositories', axe)
  const { page, host } = window
  const { keyboard } = page
  const asked = () => host.asked('setMergePolicy')
  await page.getByRole('button', { name: 'Actions for billing-api' }).click()
  await page.getByRole('menuitem', { name: 'When to Merge…' }).click()
  await page.getByLabel('When to merge', { exact: true }).selectOption('check')
  await page.getByRole('textbox', { name: 'Check command' }).focus()
  await keyboard.press('Enter')
  await page.getByRole('alert').getByText('A command is needed.').waitFor()
  await expect.poll(asked).toEqual([])
  await keyboard.type('npm test')
  expect(await seriousFindings(page)).toEqual([])
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(asked).toEqual([{ alias: 'billing-api', policy: { kind: 'check', command: 'npm test' } }])
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(asked).toHaveLength(2)
  const [first, ...rest] = host.snapshot.repositories
  if (!first) throw new Error('the scene has repositories')
  host.tell({ kind: 'repositories', repositories: [{ ...first, mergePolicy: { kind: 'review' } }, ...rest] })
  await page.getByText('after review').waitFor()
  expectNoFaults(window)
})

test('the setting says who resolves conflicts', async () => {
  await using window = await openWindow(reviewScene, {}, '#settings')
  const { page, host } = window
  await page.getByLabel('When work conflicts with your branch').selectOption('auto')
  await expect.poll(() => host.lastAsked('changeSettings')).toEqual({ changes: { resolveConflicts: 'auto' } })
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a review has no serious finding, and its pictures, ${colorScheme}`, async () => {
    await mkdir(out, { recursive: true })
    for (const [name, id] of [
      ['review', toReview],
      ['review-check', checkFailed],
    ] as const) {
      const { window, page } = await openReview(id, { colorScheme })
      await using _ = window
      await page.screenshot({ path: join(out, `${name}-${colorScheme}.png`) })
      expect(await seriousFindings(page)).toEqual([])
      await page.getByRole('button', { name: 'Reject…' }).click()
      await page.getByRole('dialog').waitFor()
      expect(await seriousFindings(page)).toEqual([])
      expectNoFaults(window)
    }
  })
}

test('a file with hidden characters has a banner and marks, and modes are named in list and head', async () => {
  const window = await openWindow(reviewScene, {}, '#conflicts', axe)
  await using _ = window
  const { page, host } = window
  scriptReview(host)
  const hunks = [
    { oldStart: 1, newStart: 1, heading: '', lines: [{ kind: '+' as const, text: 'if (a) { //⟪U+202E⟫ }' }] },
  ]
  host.answer('reviewDiff', () => ({ kind: 'text', hunks, hidden: true }))
  const file = { oldPath: null, status: 'modified', added: 1, removed: 0, binary: false } as const
  host.answer('review', () => ({
    ...{ branch: 'main', startCommit: '3c91e04f', commit: 'b7710aa1', policy: { kind: 'review' }, check: null },
    ...{ commits: [], fileCount: 1, files: [{ ...file, path: 'run.sh', mode: 'mode 644 → 755' }] },
    onBranch: { kind: 'merges', files: [], fileCount: 0 },
  }))
  await page.locator(`[data-task="${toReview}"]`).focus()
  await page.getByRole('button', { name: 'Review…' }).click()
  await page.getByRole('alert').getByText('This file has hidden characters').waitFor()
  await expect.poll(() => page.locator('.hidden-mark').allTextContents()).toEqual(['⟪U+202E⟫'])
  await expect.poll(() => page.getByText('mode 644 → 755').count()).toBe(2)
  expectNoFaults(window)
})
