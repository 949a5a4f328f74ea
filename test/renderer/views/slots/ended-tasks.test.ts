import { expect, test } from 'vitest'
import type { SlotId } from '../../../../main/core/task/task.ts'
import type { SlotRow } from '../../../../preload/live-state.ts'
import { endedTasks } from '../../../../renderer/views/slots/ended-tasks.ts'
import { finishedTask, idOf, runningTask } from '../../../support/window/window-scenes.ts'
import { sceneTime } from '../../../support/window/window-story.ts'

const nowMs = Date.parse(sceneTime)
const slots = (...busy: number[]): SlotRow[] =>
  Array.from({ length: 10 }, (_, index) => ({
    ...{ slot: (index + 1) as SlotId, warmFor: [], machineFor: null },
    taskId: busy.includes(index + 1) ? idOf(index + 1) : null,
  }))

const endedIn = (number: number, slot: number, agoSeconds: number) =>
  finishedTask(number, `Task ${number}`, 'app', { outcome: 'merged', slot: slot as SlotId }, [agoSeconds, 60, 1, 1])

test('a free slot shows the task that ended there last, for half a day', () => {
  const tasks = [endedIn(1, 3, 4_000), endedIn(2, 3, 60), endedIn(3, 4, 13 * 3_600), endedIn(4, 5, 11 * 3_600)]
  const { onCards } = endedTasks(tasks, slots(), nowMs)
  expect([...onCards].map(([slot, { id }]) => [slot, id])).toEqual([
    [3, idOf(2)],
    [5, idOf(4)],
  ])
})

test('what ended within the hour and has no card is told beside, the newest first, a few at most', () => {
  const running = runningTask(3, 'working', 'Now', 'app', [], [1, 1, 0])
  const many = Array.from({ length: 7 }, (_, index) => endedIn(10 + index, 3, 600 - index))
  const { onCards, others } = endedTasks([endedIn(1, 3, 3_601), ...many, running], slots(3), nowMs)
  expect(onCards.size).toBe(0)
  expect(others.map(({ id }) => id)).toEqual([16, 15, 14].map(idOf))
})

test('a task that never had a slot has no card', () => {
  const task = finishedTask(1, 'Task', 'app', { outcome: 'cancelled', slot: null }, [60, 60, 1, 1])
  expect(endedTasks([task], slots(), nowMs)).toMatchObject({ onCards: new Map(), others: [task] })
})
