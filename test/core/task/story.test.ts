import { expect, test } from 'vitest'
import { allTold, firstText, nextPromptId, nextText, promptId, toldSoFar } from '../../../main/core/task/story.ts'
import type { Parking, TaskId } from '../../../main/core/task/task.ts'

const id = 'a1b2c3d4' as TaskId
const minute = (number: number): string => `2026-01-02T03:0${number}:00.000Z`
const parking = (number: number, text?: string): Parking => ({
  ...{ reason: { code: 'interrupted', message: 'x' }, until: minute(number), usage: null },
  ...(text !== undefined && { text }),
})
const task = { id, description: 'Do it', createdAt: minute(0) }
const message = (name: string, number: number, state: 'queued' | 'delivered' | 'answered' | 'lost') =>
  ({ id: name, kind: 'text', text: `Text ${name}`, when: 'next', sentAt: minute(number), state }) as const

test('an agent begins with the text of its task, then with each text that continued it; a limit gives none', () => {
  expect(nextPromptId({ id, parkings: [] })).toBe(promptId({ id }, 0))
  expect(nextPromptId({ id, parkings: [parking(1, 'Go on')] })).toBe(promptId({ id }, 1))
  expect(nextPromptId({ id, parkings: [parking(1, 'Go on'), parking(2)] })).toBeNull()
  expect(nextPromptId({ id, parkings: [parking(1, 'Go on'), parking(2), parking(3, 'More')] })).toBe(
    promptId({ id }, 2),
  )
  expect(promptId({ id }, 17)).toMatch(/^a1b2c3d4-0000-4000-8000-0000000000(11)$/)
})

test('what was told is in its order, without what the next agent begins with and what no agent has read', () => {
  const messages = [message('b', 2, 'answered'), message('c', 4, 'delivered'), message('d', 5, 'queued')]
  const lost = message('e', 1, 'lost')
  const parkings = [parking(3, 'Go on'), parking(6, 'And more')]
  const texts = (told: ReturnType<typeof toldSoFar>) => told.map(({ text }) => text)
  expect(texts(toldSoFar({ ...task, messages: [lost, ...messages], parkings }))).toEqual(['Text b', 'Go on', 'Text c'])
  const limited = toldSoFar({ ...task, messages, parkings: [...parkings, parking(7)] })
  expect(texts(limited)).toEqual(['Text b', 'Go on', 'Text c', 'And more'])
  expect(limited.map((one) => one.id)).toEqual(['b', promptId({ id }, 1), 'c', promptId({ id }, 2)])
  expect(toldSoFar({ ...task, messages: [], parkings: [] })).toEqual([])
})

test('a fork begins with its own text, in a session that began with another and was told more', () => {
  const told = [{ id: 'x', text: 'Also this' }]
  const parent = { task: 'b1b2c3d4' as TaskId, startCommit: '1', branch: 'main', session: 's', copy: 'c', costUsd: 1 }
  const fork = { ...task, fork: { ...parent, description: 'The first', told }, messages: [], parkings: [] }
  expect([firstText(fork), nextText(fork), nextPromptId(fork)]).toEqual(['The first', 'Do it', promptId({ id }, 0)])
  expect(toldSoFar(fork)).toEqual(told)
  const own = { id: promptId({ id }, 0), text: 'Do it' }
  const continued = { ...fork, parkings: [parking(3, 'Go on')] }
  expect([nextText(continued), toldSoFar(continued)]).toEqual(['Go on', [...told, own]])
  expect(allTold(continued)).toEqual([...told, own, { id: promptId({ id }, 1), text: 'Go on' }])
  const limited = { ...fork, parkings: [parking(3)] }
  expect([nextText(limited), toldSoFar(limited)]).toEqual([undefined, [...told, own]])
})
