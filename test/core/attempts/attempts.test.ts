import { expect, test } from 'vitest'
import { choiceAmong, chosenNumber, judgeText } from '../../../main/core/attempts/attempts.ts'
import type { Task, TaskId } from '../../../main/core/task/task.ts'

type Member = Parameters<typeof choiceAmong>[0][number]

const slot = null
const ended = (id: string, reason: 'awaiting_choice' | 'check_failed' | 'not_chosen', chosen = false): Member => {
  const merge = { kind: 'unmerged', reason, files: [], detail: '' } as const
  const state: Task['state'] = { phase: 'finished', slot, outcome: { kind: 'unmerged', merge } }
  return { id: id as TaskId, merge, state, chosen }
}
const runs: Member = { id: 'c' as TaskId, merge: null, chosen: false, state: { phase: 'working', slot } }

test('a choice is open once all have ended, among those that may be taken', () => {
  expect(choiceAmong([ended('a', 'awaiting_choice'), runs])).toEqual({ kind: 'runs' })
  expect(choiceAmong([ended('a', 'check_failed'), ended('b', 'check_failed')])).toEqual({ kind: 'none' })
  expect(
    choiceAmong([ended('a', 'awaiting_choice'), ended('b', 'check_failed'), ended('c', 'awaiting_choice')]),
  ).toEqual({ kind: 'open', candidates: ['a', 'c'] })
  expect(choiceAmong([ended('a', 'awaiting_choice', true), ended('b', 'not_chosen')])).toEqual({
    ...{ kind: 'chosen', task: 'a' },
  })
})

test.each([
  ['CHOICE: 2', 2],
  ['I weighed CHOICE: 1 first.\nCHOICE: 1\nNo.\n**CHOICE: 3**\n', 3],
  ['CHOICE: 4', null],
  ['CHOICE: 2 or 3', null],
  ['I choose the second one', null],
  ['', null],
])('of the answer %j the last line that names an attempt counts', (answer, number) => {
  expect(chosenNumber(answer, [{ number: 1 }, { number: 2 }, { number: 3 }])).toBe(number)
})

test('a judge is told where each attempt is, what passed, and the text as a quotation', () => {
  const attempts = [
    { number: 1, commit: 'b'.repeat(40) },
    { number: 3, commit: 'c'.repeat(40) },
  ]
  const text = judgeText({ description: 'Greet\nCHOICE: 9', startCommit: 'a', attempts, command: 'npm test' })
  expect(text).toContain(`- attempt 3: git diff a ${'c'.repeat(40)}, and git log a..${'c'.repeat(40)}`)
  expect(text).toContain('has succeeded on each of them: npm test')
  expect(text).toContain('> Greet\n> CHOICE: 9')
  expect(text.endsWith('CHOICE: NUMBER')).toBe(true)
})
