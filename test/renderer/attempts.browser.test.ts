import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AttemptColumn, AttemptsView } from '../../preload/attempts.ts'
import type { AttemptOfRow, RowState, TaskRow } from '../../preload/live-state.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, finishedTask, idOf } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const pictures = join(import.meta.dirname, '../screenshots/out')
const group = '1a2b3c4d'
const id = (number: number) => idOf(0x6000 + number)
const title = 'Keep sessions over a restart of the server'

const unmerged = (reason: 'awaiting_choice' | 'check_failed' | 'not_chosen'): RowState => ({
  ...{ phase: 'finished', slot: null, outcome: 'unmerged', reason, detail: 'It waits' },
  ...{ files: [], fileCount: 0 },
})
const merged: RowState = {
  ...{ phase: 'finished', slot: null, outcome: 'merged', reason: null, detail: '2 commits on main' },
  ...{ files: [], fileCount: 0 },
}
const attempt = (number: number, state: RowState, of: Partial<AttemptOfRow> = {}): TaskRow => ({
  ...finishedTask(0x6000 + number, title, 'billing-api', { outcome: 'merged' }, [60 * number, 240, 90_000, 0.4]),
  ...{ state, ref: state === merged ? null : `refs/tasks/${id(number)}` },
  attempt: { group, as: 'candidate', text: `Attempt ${number} of 3, opus`, ...of },
})
const open = [
  attempt(1, unmerged('awaiting_choice')),
  attempt(2, unmerged('awaiting_choice')),
  attempt(3, unmerged('check_failed')),
]
const judge: TaskRow = {
  ...attempt(9, unmerged('not_chosen'), { as: 'judge', text: 'Judge of attempts' }),
  ...{ ref: null, title: 'Several agents were given one task' },
}
const file = (path: string, added: number, removed: number) => ({
  ...({ path, status: 'modified', added, removed, binary: false } as const),
})
const column = (row: TaskRow, number: number, more: Partial<AttemptColumn> = {}): AttemptColumn => ({
  ...{ row, number, model: 'opus', check: { exitCode: 0, output: '12 tests passed' } },
  summary: 'Sessions are written to a file, and read when the server starts. Expired ones are left out.',
  changes: {
    ...{ commits: 2, added: 120 * number, removed: 14, fileCount: 2 },
    files: [file('src/sessions/store.ts', 110 * number, 10), file('test/sessions.test.ts', 10 * number, 4)],
  },
  ...more,
})
const view = (choice: AttemptsView['choice'], columns: readonly AttemptColumn[]): AttemptsView => ({
  ...{ choice, startCommit: '3c91e04f5c0b7c2d3b0c7a9f4b9f0e0e7f1d2a3b', attempts: columns },
  judge: {
    row: judge,
    said: 'The second one keeps sessions that are in use, and **the first does not**.\nCHOICE: 2',
    choice: { number: 2, task: id(2) },
  },
})
const columns = [
  column(open[0] as TaskRow, 1),
  column(open[1] as TaskRow, 2, { model: 'sonnet' }),
  column(open[2] as TaskRow, 3, { check: { exitCode: 1, output: 'FAIL sessions › are kept' } }),
]
const sceneOf = (tasks: readonly TaskRow[]): Scene => ({
  ...busyScene,
  snapshot: { ...busyScene.snapshot, tasks: [...busyScene.snapshot.tasks, ...tasks] },
})

useBrowser()

test('attempts stand beside each other, one is chosen after a question, and the others are kept', async () => {
  await using window = await openWindow(sceneOf([...open, judge]), { colorScheme: 'light' }, '#conflicts', axe)
  const { page, host } = window
  let answer = view('open', columns)
  host.answer('attempts', () => answer)
  const list = page.getByRole('listbox', { name: 'Tasks that need you' })
  const entry = list.getByRole('option', { name: new RegExp(title) })
  await expect.poll(() => entry.count()).toBe(1)
  await expect.poll(() => entry.textContent()).toContain('billing-api · 3 attempts')
  await entry.click()
  await page.screenshot({ path: join(pictures, 'attempts-needs-you.png') })
  await page.getByRole('button', { name: 'Compare…' }).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  const table = page.getByRole('table', { name: 'The attempts' })
  await expect
    .poll(() => table.getByRole('columnheader').allTextContents())
    .toEqual(['Attempt 1', 'Attempt 2', 'Attempt 3'])
  await expect.poll(() => table.getByRole('row', { name: /^Model/ }).textContent()).toBe('Modelopussonnetopus')
  await table.getByRole('row', { name: /^Changes .*\+240 −14/ }).waitFor()
  await page.getByRole('region', { name: 'The judge' }).getByText('It names attempt 2').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `attempts-${colorScheme}.png`) })
  }
  for (const [width, height] of [
    [700, 500],
    [590, 380],
  ] as const) {
    await page.setViewportSize({ width, height })
    const isWider = () =>
      page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
    await expect.poll(isWider).toBe(false)
    await page.screenshot({ path: join(pictures, `attempts-${width}.png`) })
  }
  await page.setViewportSize({ width: 1180, height: 760 })

  await page.getByRole('button', { name: /^Choose attempt 3/ }).click()
  await page.getByRole('dialog').getByText('Its check failed.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: /^Choose attempt 2/ }).click()
  await page.getByRole('dialog').getByText('stays at their refs').waitFor()
  await page.screenshot({ path: join(pictures, 'attempts-choose.png') })
  await page.getByRole('dialog').getByRole('button', { name: 'Choose', exact: true }).click()
  await expect.poll(() => host.asked('chooseAttempt')).toEqual([{ id: id(2) }])
  await page.getByText('Merged into main').waitFor()

  const after = [
    attempt(1, unmerged('not_chosen')),
    attempt(2, merged, { as: 'chosen' }),
    attempt(3, unmerged('check_failed')),
  ]
  answer = view(
    'chosen',
    columns.map((it, at) => ({ ...it, row: after[at] ?? it.row })),
  )
  host.tell(...after.map((task) => ({ kind: 'task', task }) as const))
  await page.getByRole('status').filter({ hasText: 'Attempt 2 was chosen.' }).waitFor()
  await table.getByRole('columnheader', { name: 'Attempt 2 Chosen' }).waitFor()
  await table.getByText(`refs/tasks/${id(1)}`).waitFor()
  await expect.poll(() => page.getByRole('button', { name: /^Choose attempt/ }).count()).toBe(0)
  // Neither those that were not chosen nor the one whose check failed waits for anybody now.
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('button', { name: /^Needs You/ })
    .click()
  await expect.poll(() => entry.count()).toBe(0)
  expectNoFaults(window)
})

test('the lines of a file lead to the changes of that attempt, and a task leads to the attempts beside it', async () => {
  await using window = await openWindow(sceneOf(open), {}, `#task/${id(1)}`)
  const { page, host } = window
  host.answer('attempts', () => view('open', columns))
  await page.getByRole('button', { name: 'Attempt 1 of 3, opus' }).click()
  await page.getByRole('button', { name: /of test\/sessions\.test\.ts in attempt 2$/ }).click()
  await expect.poll(() => page.url()).toContain(`#task/${id(2)}`)
  await expect.poll(() => page.getByRole('tab', { name: 'Changes' }).getAttribute('aria-selected')).toBe('true')
  await page.goBack()
  await page.getByRole('table', { name: 'The attempts' }).waitFor()
})

test('attempts that run cannot be chosen, and ten of them are shown in a table of their own width', async () => {
  const working = busyScene.snapshot.tasks.find(({ state }) => state.phase === 'working')
  const many = Array.from(
    { length: 10 },
    (_, at): TaskRow => ({
      ...attempt(at + 1, working?.state ?? merged),
      ...{ ref: null, finishedAt: null },
    }),
  )
  await using window = await openWindow(sceneOf(many), { colorScheme: 'dark' }, `#attempts/${id(4)}`, axe)
  const { page, host } = window
  host.answer('attempts', () => ({
    ...view(
      'runs',
      many.map((row, at) => column(row, at + 1, { check: null, summary: null, changes: null })),
    ),
    judge: null,
  }))
  await page.reload()
  await page.getByText('0 of 10 have ended.').waitFor()
  await expect.poll(() => page.getByText('It has not ended.').count()).toBe(10)
  expect(await seriousFindings(page)).toEqual([])
  await page.screenshot({ path: join(pictures, 'attempts-many.png') })
  expectNoFaults(window)
})

test('a new task asks for several attempts with their models and who chooses, and opens them', async () => {
  await using window = await openWindow(sceneOf(open), {}, '#new-task', axe)
  const { page, host } = window
  host.answer('runTask', () => ({ id: id(1) }))
  host.answer('attempts', () => view('runs', columns))
  await page.getByLabel('What shall the agent do?').fill(title)
  await page.getByLabel('Attempts').selectOption('3')
  await page.getByLabel('Models, in turn').fill('opus, not a model')
  await page.getByRole('alert').getByText('names of models').waitFor()
  await page.getByLabel('Models, in turn').fill('opus, sonnet')
  await page.getByLabel('Chosen').selectOption('By another task')
  expect(await seriousFindings(page)).toEqual([])
  await page.screenshot({ path: join(pictures, 'attempts-new-task.png') })
  await page.getByRole('button', { name: 'Start Task' }).click()
  await expect
    .poll(() => host.lastAsked('runTask'))
    .toMatchObject({ description: title, attempts: 3, models: ['opus', 'sonnet'], judge: true })
  await page.getByRole('table', { name: 'The attempts' }).waitFor()
  expectNoFaults(window)
})
