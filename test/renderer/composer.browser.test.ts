import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import type { MessageState, TaskMessage } from '../../main/core/task/message.ts'
import type { SlotId } from '../../main/core/task/task.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import type { Scene, WindowHost } from '../support/window/window-host.ts'
import { busyScene, finishedTask, idOf } from '../support/window/window-scenes.ts'
import { sceneTime } from '../support/window/window-story.ts'
import { expectNoFaults, type OpenWindow, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const pictures = join(import.meta.dirname, '../screenshots/out')
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const working = busyScene.snapshot.tasks.find(({ state }) => state.phase === 'working')
if (!working) throw new Error('No task works')
const { id } = working
const ended = idOf(0xa8)

const text = (name: string, state: MessageState): TaskMessage => ({
  ...{ id: name, kind: 'text', text: `Message ${name}`, when: 'next', sentAt: sceneTime, state },
})
const waiting = (minutes: number): TaskRow => ({
  ...working,
  state: {
    ...{ phase: 'waiting', slot: 1 as SlotId, since: sceneTime },
    until: new Date(Date.parse(sceneTime) + minutes * 60_000).toISOString(),
  },
})

const parts = ({ page }: OpenWindow) => ({
  field: page.getByRole('textbox', { name: 'What to tell its agent' }),
  send: page.getByRole('button', { name: 'Send', exact: true }),
  when: page.getByRole('combobox', { name: 'When it reads this' }),
  said: page.getByRole('list', { name: 'What you said' }),
})

/** What the host says of the task now. */
function tell(host: WindowHost, row: TaskRow, messages: readonly TaskMessage[], scene: Scene = busyScene): void {
  const details = scene.details[row.id]
  host.answer('task', () => ({
    ...{ description: 'Work', repoPath: '/p', branch: 'main', startCommit: null, caps: null, agent: null, base: null },
    ...{ summary: null, failure: null, merge: null, check: null, resolves: null, notes: [], also: [] },
    ...{ holdMs: null, forkOf: null, folder: '/f', consolePath: '/f/serial.log', ...details },
    ...{ row, messages },
  }))
  host.tell({ kind: 'task', task: { ...row, told: messages.map(({ state }) => state.charAt(0)).join('') } })
}

useBrowser()

test('a text is sent once, when its agent is to read it, and what becomes of each is shown', async () => {
  await using window = await openWindow(busyScene, { colorScheme: 'light' }, `#task/${id}?tab=steps`, axe)
  const { page, host } = window
  const { field, send, when, said } = parts(window)
  const { promise: waits, resolve: accepted } = Promise.withResolvers<void>()
  host.answer('sendMessage', async () => {
    await waits
    return {}
  })
  await expect.poll(() => send.isDisabled()).toBe(true)
  await field.fill('Use the other one')
  await when.selectOption({ label: 'After this turn' })
  await page.getByText('It reads this once it is done with what it does.').waitFor()
  await field.press('Control+Enter')
  await page.getByRole('button', { name: 'Sending…' }).click({ force: true })
  accepted()
  await expect.poll(() => field.inputValue()).toBe('')
  await expect.poll(() => window.host.asked('sendMessage')).toEqual([{ id, text: 'Use the other one', when: 'after' }])

  tell(host, working, [text('a', 'answered'), text('b', 'delivered'), text('c', 'queued')])
  await said.getByText('Message c').waitFor()
  await expect
    .poll(() => said.getByRole('listitem').allInnerTexts())
    .toEqual([...['Message a\nAnswered', 'Message b\nDelivered', 'Message c\nQueued']])
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
  }
  tell(
    host,
    working,
    ['a', 'b', 'c', 'd', 'e'].map((name) => text(name, 'answered')),
  )
  await page.getByRole('button', { name: 'Show 2 earlier messages' }).click()
  await expect.poll(() => said.getByRole('listitem').count()).toBe(5)
  expectNoFaults(window)
})

test('what is written outlives a look elsewhere and a refusal, and goes on as the text that continues the task', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${id}?tab=changes`)
  const { page, host } = window
  const { field, send } = parts(window)
  host.answer('sendMessage', () => {
    throw new AppError('task-busy', `It is too late: the agent of task ${id} has come to its end`, { hint: 'Wait' })
  })
  await field.fill('One more thing')
  await page.keyboard.press('Control+1')
  await page.getByRole('heading', { level: 1, name: 'Slots' }).waitFor()
  await page.goBack()
  await send.click()
  await page.getByRole('alert').getByText('It is too late').waitFor()
  await expect.poll(() => field.inputValue()).toBe('One more thing')
  const over = finishedTask(1, 'Over', 'billing-api', { outcome: 'merged' }, [0, 724, 200_000, 0.9])
  tell(host, { ...over, id }, [text('a', 'lost')])
  const next = page.getByRole('textbox', { name: 'What it is to do next' })
  await next.waitFor()
  await expect.poll(() => next.inputValue()).toBe('One more thing')
  await page.getByText('Not read').waitFor()
  expectNoFaults(window)
})

test('an agent is interrupted, waits with the time that it has left, and its task is finished by a button', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${id}?tab=steps`)
  const { page, host } = window
  const { field, when } = parts(window)
  await page.getByRole('button', { name: 'Interrupt', exact: true }).click()
  await expect.poll(() => window.host.asked('interruptTask')).toEqual([{ id }])
  tell(host, waiting(24), [{ id: 'i', kind: 'interrupt', sentAt: sceneTime, state: 'answered' }])
  await page.getByText('It has nothing to do. Told nothing, its task ends in 24:00.').waitFor()
  await page.getByRole('list', { name: 'What you said' }).getByText('Interrupt').waitFor()
  await expect.poll(() => when.count()).toBe(0)
  await expect.poll(() => page.getByRole('button', { name: 'Interrupt', exact: true }).count()).toBe(0)
  await field.fill('Go on')
  await field.press('Control+Enter')
  await expect.poll(() => window.host.asked('sendMessage')).toEqual([{ id, text: 'Go on', when: 'next' }])
  await page.getByRole('button', { name: 'Finish', exact: true }).click()
  await expect.poll(() => window.host.asked('finishTask')).toEqual([{ id }])
  expectNoFaults(window)
})

test('an agent that waits is first among what needs the user, who answers it there', async () => {
  await using window = await openWindow(busyScene, { colorScheme: 'light' }, '', axe)
  const { page, host } = window
  const { field } = parts(window)
  const needing = page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: /^Needs You/ })
  const before = await needing.textContent()
  tell(host, waiting(24), [])
  await expect.poll(() => needing.textContent()).not.toBe(before)
  await needing.click()
  const first = page.getByRole('listbox', { name: 'Tasks that need you' }).getByRole('option').first()
  await first.getByText('Waits for you').waitFor()
  await expect.poll(() => first.getAttribute('aria-selected')).toBe('true')
  await page.getByText('It has nothing to do. Told nothing, its task ends in 24:00.').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(pictures, `needs-you-waiting-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 700, height: 500 })
  await page.screenshot({ path: join(pictures, 'needs-you-waiting-700.png') })
  await field.fill('Use the other one')
  await field.press('Control+Enter')
  await expect.poll(() => host.asked('sendMessage')).toEqual([{ id, text: 'Use the other one', when: 'next' }])
  await page.getByRole('button', { name: 'Finish', exact: true }).click()
  await expect.poll(() => host.asked('finishTask')).toEqual([{ id }])
  host.notify('goTo', { view: 'new-task', repo: 'admin' })
  await page.getByRole('heading', { level: 1, name: 'New Task' }).waitFor()
  await expect.poll(() => page.getByRole('combobox', { name: 'Repository' }).inputValue()).toBe('admin')
  expectNoFaults(window)
})

test('a task that has ended is forked so many times with the text, and a refusal is shown where it was asked', async () => {
  await using window = await openWindow(busyScene, {}, `#task/${ended}`)
  const { page, host } = window
  const field = page.getByRole('textbox', { name: 'What it is to do next' })
  const fork = page.getByRole('button', { name: 'Fork', exact: true })
  await expect.poll(() => fork.isDisabled()).toBe(true)
  await field.fill('Try another way')
  await page.getByRole('combobox', { name: 'How many forks' }).selectOption('3')
  host.answer('forkTask', () => {
    throw new AppError('task-ended', 'What its agent remembers was not kept')
  })
  await fork.click()
  await page.getByRole('alert').getByText('was not kept').waitFor()
  host.answer('forkTask', ({ count }) => ({ ids: [...Array(count).keys()].map((number) => idOf(0xf0 + number)) }))
  await fork.click()
  await page.getByText('Forked: 3 tasks').waitFor()
  await expect
    .poll(() => window.host.asked('forkTask'))
    .toEqual(Array(2).fill({ id: ended, text: 'Try another way', count: 3 }))
  await expect.poll(() => field.inputValue()).toBe('')
  await expect.poll(() => page.getByRole('alert').count()).toBe(0)
  expectNoFaults(window)
})

test('a task is asked for with settings of its agent that no other field has, and is to wait for more when it is done', async () => {
  await using window = await openWindow(busyScene, {}, '#new-task')
  const { page } = window
  await page.getByRole('textbox', { name: 'What shall the agent do?' }).fill('Begin')
  await page.getByText('More settings of the agent').first().click()
  await page.getByRole('textbox', { name: "Its agents' model" }).fill('haiku')
  const thoughts = page.getByRole('textbox', { name: 'Tokens of its thoughts' })
  await thoughts.fill('many')
  await page.getByRole('alert').getByText('A number above 0 is needed.').waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Start Task' }).isDisabled()).toBe(true)
  await thoughts.fill('9000')
  await page.getByRole('checkbox', { name: 'When it is done, wait half an hour for more' }).check()
  await page.getByRole('button', { name: 'Start Task' }).click()
  await expect
    .poll(() => window.host.asked('runTask'))
    .toMatchObject([
      { description: 'Begin', holdMs: 1_800_000, agent: { subagent_model: 'haiku', max_thinking_tokens: 9000 } },
    ])
  expectNoFaults(window)
})
