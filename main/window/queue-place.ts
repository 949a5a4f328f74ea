import type { TaskRow } from '../../preload/live-state.ts'
import { landingStateText } from '../core/landing/landing.ts'
import { overlapText, worstOverlap } from '../core/merge/overlap.ts'
import type { Readiness } from '../core/plan/readiness.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import { visibleLine } from '../core/visible-text.ts'
import type { Tasks } from '../tasks/contract.ts'

/** Where a task stands that waits. */
interface QueuePlace {
  /** Among those that wait for a slot, from 1; null where it waits for something else. */
  readonly position: number | null
  /** What it waits for before a slot, one sentence; null where there is nothing. */
  readonly blocked: string | null
}

/** Where a task stands that waits, or lands. */
export interface Place extends QueuePlace {
  /** How far its work is that is checked before it comes onto the branch, one sentence; null for any other. */
  readonly landing: string | null
  /** Which others change what it changes, one sentence, and the one that does so most; null where there are none. */
  readonly overlap: TaskRow['overlap'] | null
  /** What its machine waits for before it can start; null for any other. */
  readonly boots: string | null
}

export const noPlace: Place = { position: null, blocked: null, landing: null, overlap: null, boots: null }

export function placeOf(
  { id, state }: Pick<TaskBrief, 'id' | 'state'>,
  tasks: Pick<Tasks, 'queuePosition' | 'readiness' | 'landing' | 'overlaps' | 'imageProgress'>,
): Place {
  // One that has ended may be merged later.
  if (state.phase === 'merging' || state.phase === 'finished') {
    const landing = tasks.landing(id)
    return { ...noPlace, landing: landing && landingStateText(landing) }
  }
  // One at a place boots from an image there.
  if (state.phase === 'booting') return { ...noPlace, boots: state.slot === null ? null : tasks.imageProgress() }
  if (state.phase === 'working' || state.phase === 'waiting') {
    const overlaps = tasks.overlaps(id)
    const [text, worst] = [overlapText(overlaps), worstOverlap(overlaps)]
    return { ...noPlace, overlap: text !== null && worst ? { text: visibleLine(text), with: worst.task } : null }
  }
  if (state.phase !== 'queued' && state.phase !== 'parked') return noPlace
  return { ...noPlace, position: tasks.queuePosition(id), blocked: blockedBy(tasks.readiness(id)) }
}

function blockedBy(readiness: Readiness | null): string | null {
  if (readiness?.kind === 'held') return `Held: ${readiness.why}`
  if (readiness?.kind !== 'waits') return null
  const [first, ...others] = readiness.for
  return others.length === 0
    ? `Comes after task ${first}`
    : `Comes after ${readiness.for.length} tasks: ${readiness.for.join(', ')}`
}
