import type { TaskRow } from '../../../preload/live-state.ts'
import { needsGuide } from '../../stores/guide.ts'
import { useSnapshot } from '../../stores/live.ts'
import { FirstRun } from './first-run.tsx'
import { JustEnded } from './just-ended.tsx'
import { Queue } from './queue.tsx'
import { RoomBars } from './room-bars.tsx'

/** What stands below the slots: what ended, what waits, the first steps as long as they are needed, and the room on the host. */
export function BelowSlots({ ended, waiting }: { ended: readonly TaskRow[]; waiting: readonly TaskRow[] }) {
  const isGuided = useSnapshot(needsGuide, false)
  return (
    <>
      <JustEnded tasks={ended} />
      <Queue waiting={waiting} />
      {isGuided && <FirstRun />}
      <RoomBars />
    </>
  )
}
