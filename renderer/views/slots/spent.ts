import type { TaskRow } from '../../../preload/live-state.ts'

const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0)

/** US dollars of what ended today, and of what runs. */
export function spentToday(tasks: readonly TaskRow[]): number {
  const today = midnight(Date.now())
  return tasks
    .filter(({ finishedAt }) => finishedAt === null || Date.parse(finishedAt) >= today)
    .reduce((sum, { usage, live }) => sum + (usage?.costUsd ?? live?.costUsd ?? 0), 0)
}

/** US dollars of each day on which a task ended, by its midnight. */
export function spentByDay(tasks: readonly TaskRow[]): ReadonlyMap<number, number> {
  const days = new Map<number, number>()
  for (const { finishedAt, usage } of tasks) {
    if (finishedAt === null) continue
    const day = midnight(Date.parse(finishedAt))
    days.set(day, (days.get(day) ?? 0) + (usage?.costUsd ?? 0))
  }
  return days
}
