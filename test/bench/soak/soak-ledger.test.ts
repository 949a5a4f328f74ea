import { expect, test } from 'vitest'
import { audit, type Books, type Found, type Told } from './soak-ledger.ts'

const merged: Found = { onBranch: true, commits: 1, byAgent: true, inClone: true, atRef: true }
const nothing: Found = { onBranch: false, commits: 0, byAgent: false, inClone: false, atRef: false }
const completed = (taskId: string): Told => ({ taskId, type: 'completed', reason: null })

const good: Books = {
  asked: [
    { id: 'aaaaaaaa', repo: 'ada', number: 1 },
    { id: 'bbbbbbbb', repo: 'bob', number: 2 },
  ],
  told: [completed('bbbbbbbb'), completed('aaaaaaaa')],
  logged: ['bbbbbbbb', 'aaaaaaaa'],
  found: new Map([
    ['aaaaaaaa', merged],
    ['bbbbbbbb', merged],
  ]),
}

const found = (work: Partial<Found>): Books['found'] => new Map([...good.found, ['aaaaaaaa', { ...merged, ...work }]])
const failing = (work: Partial<Found>): Books => ({
  ...good,
  told: [completed('bbbbbbbb'), { taskId: 'aaaaaaaa', type: 'failed', reason: 'the guest died' }],
  found: new Map([...good.found, ['aaaaaaaa', { ...nothing, ...work }]]),
})

test('books in which every task was told of once and is on its branch are in order', () => {
  expect(audit(good)).toEqual({
    well: ['aaaaaaaa', 'bbbbbbbb'],
    completed: 2,
    uncommitted: [],
    failed: [],
    amiss: [],
    lost: 0,
  })
})

test.each<[string, Books, RegExp]>([
  ['a lost commit', { ...good, found: found({ onBranch: false, commits: 0 }) }, /1 \(aaaaaaaa in ada\) completed, and/],
  ['a doubled commit', { ...good, found: found({ commits: 2 }) }, /file was added to the branch 2 times/],
  ['work that nobody looked for', { ...good, found: new Map([['bbbbbbbb', merged]]) }, /not on the branch/],
  ['a doubled event', { ...good, told: [...good.told, completed('aaaaaaaa')] }, /was told of 2 times/],
  ['a lost event', { ...good, told: good.told.slice(0, 1) }, /was told of 0 times/],
  ['an event twice in the log', { ...good, logged: [...good.logged, 'aaaaaaaa'] }, /in the event log 2 times/],
  ['an event that is not in the log', { ...good, logged: ['bbbbbbbb'] }, /in the event log 0 times/],
  ['an event of nobody', { ...good, logged: [...good.logged, 'cccccccc'] }, /cccccccc ended and nobody asked/],
  ['lost work of a task that failed', failing({ inClone: true }), /left work that is not at its ref/],
])('%s is found, and counts as one task', (_, books, what) => {
  const { amiss, lost } = audit(books)
  expect(amiss.join('\n')).toMatch(what)
  expect(lost).toBe(1)
})

test('a commit that is missing names the reason that the client was told', () => {
  const told: readonly Told[] = [
    { taskId: 'aaaaaaaa', type: 'completed', reason: 'conflicts: a file' },
    completed('bbbbbbbb'),
  ]
  const { amiss, completed: count } = audit({ ...good, told, found: found({ onBranch: false }) })
  expect(amiss).toEqual(['task 1 (aaaaaaaa in ada) completed, and its file is not on the branch: conflicts: a file'])
  expect(count).toBe(1)
})

test.each([
  ['its work is at refs/tasks/aaaaaaaa', { inClone: true, atRef: true }],
  ['it left no work', {}],
])('a failure is listed with its reason, and that %s', (where, work) => {
  const { failed, amiss } = audit(failing(work))
  expect(failed).toEqual([`task 1 (aaaaaaaa in ada) failed: the guest died; ${where}`])
  expect(amiss).toEqual([])
})

test('work that came in a commit of the orchestrator is told of, and not lost', () => {
  const { uncommitted, completed: count, well, lost } = audit({ ...good, found: found({ byAgent: false }) })
  expect(uncommitted).toEqual([expect.stringContaining('task 1 (aaaaaaaa in ada) left its work uncommitted')])
  expect({ count, well, lost }).toEqual({ count: 2, well: ['bbbbbbbb'], lost: 0 })
})
