import type { SlotId } from '../../../main/core/task/task.ts'
import type { SlotRow, TaskRow } from '../../../preload/live-state.ts'

/** A task is shown where it ended for so long. */
const shownMs = 12 * 60 * 60_000
/** Tasks that ended longer ago are old news. */
const newsMs = 60 * 60_000
const mostNews = 3

export interface EndedTasks {
  /** The last one of each slot that no task has now. */
  readonly onCards: ReadonlyMap<SlotId, TaskRow>
  /** Those whose slot has another task by now, the newest first. */
  readonly others: readonly TaskRow[]
}

/** What ended a short time ago, out of all tasks, the oldest first. Pure. */
export function endedTasks(tasks: readonly TaskRow[], slots: readonly SlotRow[], nowMs: number): EndedTasks {
  const free = new Set(slots.filter(({ taskId }) => taskId === null).map(({ slot }) => slot))
  const ended = tasks
    .filter(({ state, finishedAt }) => state.phase === 'finished' && agoMs(finishedAt, nowMs) < shownMs)
    .sort((one, other) => agoMs(one.finishedAt, nowMs) - agoMs(other.finishedAt, nowMs))
  const onCards = new Map<SlotId, TaskRow>()
  for (const task of ended) {
    const slot = task.state.phase === 'finished' ? task.state.slot : null
    if (slot !== null && free.has(slot) && !onCards.has(slot)) onCards.set(slot, task)
  }
  const shown = new Set(onCards.values())
  const others = ended.filter((task) => !shown.has(task) && agoMs(task.finishedAt, nowMs) < newsMs)
  return { onCards, others: others.slice(0, mostNews) }
}

const agoMs = (iso: string | null, nowMs: number): number =>
  iso === null ? Number.POSITIVE_INFINITY : nowMs - Date.parse(iso)
