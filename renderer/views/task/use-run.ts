import { useState } from 'react'
import type { TaskRow } from '../../../preload/live-state.ts'

/** A key that changes when a task that had ended goes on: what followed it to its end has stopped, and begins again. */
export function useRun({ state }: TaskRow): number {
  const hasEnded = state.phase === 'finished'
  const [seen, setSeen] = useState({ hasEnded, run: 0 })
  if (seen.hasEnded === hasEnded) return seen.run
  const run = hasEnded ? seen.run : seen.run + 1
  setSeen({ hasEnded, run })
  return run
}
