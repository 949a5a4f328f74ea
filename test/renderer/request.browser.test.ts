import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskRow } from '../../preload/live-state.ts'
import type { RequestView } from '../../preload/request.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, finishedTask, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const pictures = join(import.meta.dirname, '../screenshots/out')
const id = idOf(0x6101)

const row: TaskRow = {
  ...finishedTask(0x6101, 'Send each invoice by mail', 'billing-api', { outcome: 'merged' }, [60, 240, 90_000, 0.4]),
  state: {
    ...{ phase: 'finished', slot: null, outcome: 'unmerged', reason: 'awaiting_review', detail: 'It waits' },
    ...{ files: [], fileCount: 0 },
  },
  ref: `refs/tasks/${id}`,
  request: { state: 'open', text: 'Pull request 12 open, checks failed, 2 comments' },
}
const url = 'https://github.com/kim/billing-api/pull/12'
const view: RequestView = {
  ...{ forge: 'github', project: 'kim/billing-api', branch: `microvm/${id}`, target: 'main' },
  ...{ request: { number: 12, url, state: 'open' }, checks: 'failed', failedChecks: 'test (macos), lint' },
  ...{ problem: null, notBefore: null },
  comments: [
    {
      id: '1',
      at: '2099-11-20T10:00:00.000Z',
      said: 'ada on src/mail.ts, line 14: this sends it twice when the queue is full',
    },
    { id: '2', at: '2099-11-20T10:05:00.000Z', said: 'kim: <img src=x> please use the outbox\nas the others do' },
  ],
}
const scene: Scene = { ...busyScene, snapshot: { ...busyScene.snapshot, tasks: [...busyScene.snapshot.tasks, row] } }

useBrowser()

test('a pull request is shown with its state, checks and comments, which a continued task answers', async () => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, `#task/${id}`, axe)
  const { page, host } = window
  let answer: RequestView = view
  host.answer('request', () => ({ request: answer }))
  await page.getByRole('button', { name: 'Pull request 12 open, checks failed, 2 comments' }).click()
  await page.reload()
  const group = page.getByRole('region', { name: 'Pull request' })
  await expect.poll(() => group.getByRole('link', { name: /kim\/billing-api 12/ }).getAttribute('href')).toBe(url)
  await group.getByText('Checks failed', { exact: true }).waitFor()
  await group.getByText('<img src=x>').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `request-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 590, height: 380 })
  const isWider = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
  await expect.poll(isWider).toBe(false)
  await page.screenshot({ path: join(pictures, 'request-590.png') })
  await page.setViewportSize({ width: 1180, height: 760 })

  await group.getByRole('button', { name: 'Answer…' }).click()
  const field = page.getByRole('dialog').getByLabel('What the agent is told')
  await expect.poll(() => field.inputValue()).toContain('> ada on src/mail.ts, line 14')
  await page.screenshot({ path: join(pictures, 'request-answer.png') })
  await page.getByRole('dialog').getByRole('button', { name: 'Continue the Task' }).click()
  await expect
    .poll(() => host.lastAsked('continueTask'))
    .toMatchObject({ id, text: expect.stringContaining('> test (macos), lint') })

  answer = {
    ...view,
    request: { ...{ number: 12, url }, state: 'merged' },
    checks: 'passed',
    failedChecks: null,
    comments: [],
  }
  host.tell({ kind: 'task', task: { ...row, request: { state: 'merged', text: 'Pull request 12 merged' } } })
  await group.getByText('Merged there').waitFor()
  await expect.poll(() => group.getByRole('button').count()).toBe(0)
  expectNoFaults(window)
})

test('Needs You and History tell of a request, and of one that could not be opened', async () => {
  await using window = await openWindow(scene, { colorScheme: 'dark' }, '#conflicts', axe)
  const { page, host } = window
  host.answer('request', () => ({
    request: {
      ...{ ...view, request: null, checks: null, failedChecks: null, comments: [] },
      ...{
        problem: 'The remote lacks commits that the task began from: push main',
        notBefore: '2099-11-20T10:05:00.000Z',
      },
    },
  }))
  await page.getByRole('option', { name: /Send each invoice by mail/ }).click()
  const group = page.getByRole('region', { name: 'Pull request' })
  await group.getByText('The last try failed: The remote lacks commits').waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await page.screenshot({ path: join(pictures, 'request-needs-you.png') })
  await page.evaluate((hash) => (location.hash = hash), '#history')
  await page.getByRole('row', { name: /Send each invoice by mail .*Pull request 12 open, checks failed/ }).waitFor()
  await page.screenshot({ path: join(pictures, 'request-history.png') })
  expectNoFaults(window)
})

test('a repository is given pull requests where its other policies are, and an undo gives back what was', async () => {
  await using window = await openWindow(scene, { colorScheme: 'light' }, '#repository/billing-api', axe)
  const { page, host } = window
  let secrets: readonly string[] = []
  host.answer('forge', () => ({ forge: null, secrets }))
  await page.getByRole('button', { name: 'Change…', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('When to merge', { exact: true }).selectOption('In a pull request')
  await dialog.getByText('No secret is kept yet.').waitFor()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('alert').getByText('A secret and a remote are needed.').waitFor()
  await page.screenshot({ path: join(pictures, 'request-policy-empty.png') })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  secrets = ['HUB', 'NPM']
  await page.getByRole('button', { name: 'Change…', exact: true }).click()
  await dialog.getByLabel('When to merge', { exact: true }).selectOption('In a pull request')
  await dialog.getByLabel('Secret').selectOption('HUB')
  await dialog.getByLabel('Forge').selectOption('Gitea or Forgejo')
  await dialog.getByLabel('Merge into').fill('next')
  expect(await seriousFindings(page)).toEqual([])
  await page.screenshot({ path: join(pictures, 'request-policy.png') })
  await page.setViewportSize({ width: 590, height: 380 })
  await page.screenshot({ path: join(pictures, 'request-policy-590.png') })
  await page.setViewportSize({ width: 1180, height: 760 })
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect
    .poll(() => host.asked('setForge'))
    .toEqual([{ alias: 'billing-api', forge: 'gitea', secret: 'HUB', remote: 'origin', target: 'next' }])
  await page.getByText('in pull requests').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => host.lastAsked('setMergePolicy')).toMatchObject({ alias: 'billing-api' })
  expectNoFaults(window)
})
