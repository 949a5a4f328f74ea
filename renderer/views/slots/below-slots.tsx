import type { TaskRow } from '../../../preload/live-state.ts'
import { JustEnded } from './just-ended.tsx'
import { Queue } from './queue.tsx'

/** What stands below the slots: what ended, and what waits. */
export function BelowSlots({ ended, waiting }: { ended: readonly TaskRow[]; waiting: readonly TaskRow[] }) {
  return (
    <>
      <JustEnded tasks={ended} />
      <Queue waiting={waiting} />
    </>
  )
}
