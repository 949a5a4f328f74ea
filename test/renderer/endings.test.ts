import { expect, test } from 'vitest'
import type { SlotId } from '../../main/core/task/task.ts'
import type { RowState, Snapshot, TaskRow } from '../../preload/live-state.ts'
import { isHeard } from '../../preload/task-needs.ts'
import { endingsBetween, waitingIn } from '../../renderer/stores/endings.ts'
import { busyScene, conflictScene, finishedTask, runningTask } from '../support/window/window-scenes.ts'

type Outcome = Extract<RowState, { phase: 'finished' }>['outcome']

const snapshotOf = (...tasks: TaskRow[]): Snapshot => ({ ...busyScene.snapshot, tasks })
const running = runningTask(1, 'working', 'One', 'app', [], [1, 1, 0])
const ended = (outcome: Outcome, reason: 'conflicts' | 'withdrawn' = 'conflicts'): TaskRow => ({
  ...finishedTask(1, 'One', 'app', { outcome, reason: outcome === 'unmerged' ? reason : null }, [0, 1, 1, 1]),
  id: running.id,
})

test('an end is one of a task that was under way, and is told once', () => {
  const after = snapshotOf(ended('merged'), finishedTask(2, 'Old', 'app', { outcome: 'merged' }, [9, 1, 1, 1]))
  expect(endingsBetween(snapshotOf(running), after).map(({ id }) => id)).toEqual([running.id])
  expect(endingsBetween(after, after)).toEqual([])
  expect(endingsBetween(null, after)).toEqual([])
})

test('an agent that has nothing to do is told of once each time, to who wishes to hear that tasks are done', () => {
  const waiting: TaskRow = { ...running, state: { phase: 'waiting', slot: 1 as SlotId, since: '', until: '' } }
  expect(endingsBetween(snapshotOf(running), snapshotOf(waiting))).toEqual([waiting])
  expect(endingsBetween(snapshotOf(waiting), snapshotOf(waiting))).toEqual([])
  expect(endingsBetween(snapshotOf(waiting), snapshotOf(running))).toEqual([])
  const none = { notifyCompleted: false, notifyFailed: true, notifyConflicts: true }
  expect([isHeard(waiting, none), isHeard(waiting, { ...none, notifyCompleted: true })]).toEqual([false, true])
})

test.each([
  ['merged', 'notifyCompleted'],
  ['unchanged', 'notifyCompleted'],
  ['unmerged', 'notifyConflicts'],
  ['failed', 'notifyFailed'],
] as const)('an end as %s is heard by who wishes %s', (outcome, wish) => {
  const none = { notifyCompleted: false, notifyFailed: false, notifyConflicts: false }
  expect(isHeard(ended(outcome), { ...none, [wish]: true })).toBe(true)
  expect(
    isHeard(ended(outcome), { notifyCompleted: true, notifyFailed: true, notifyConflicts: true, [wish]: false }),
  ).toBe(false)
})

test('what the user stopped is no news', () => {
  const all = { notifyCompleted: true, notifyFailed: true, notifyConflicts: true }
  expect(isHeard(ended('cancelled'), all)).toBe(false)
  expect(isHeard(ended('unmerged', 'withdrawn'), all)).toBe(false)
  expect(isHeard(running, all)).toBe(false)
})

test('the number in the title is that of the tasks that need the user', () => {
  expect(waitingIn(null)).toBe(0)
  expect(waitingIn(snapshotOf(running, ended('unmerged'), ended('merged')))).toBe(1)
  expect(waitingIn(conflictScene.snapshot)).toBeGreaterThan(1)
})
