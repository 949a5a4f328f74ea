import type { TaskRow } from '../../../preload/live-state.ts'
import { needsGuide } from '../../stores/guide.ts'
import { useSnapshot, useTasksThat } from '../../stores/live.ts'
import { AtPlaces } from './at-places.tsx'
import { FirstRun } from './first-run.tsx'
import { JustEnded } from './just-ended.tsx'
import { Queue } from './queue.tsx'
import { RoomBars } from './room-bars.tsx'

/** It runs or waits on another machine. */
const isElsewhere = ({ place, state }: TaskRow): boolean => place !== undefined && state.phase !== 'finished'

/** What stands below the slots: what ended, what waits, the first steps as long as they are needed, and the room on the host. */
export function BelowSlots({ ended, waiting }: { ended: readonly TaskRow[]; waiting: readonly TaskRow[] }) {
  const isGuided = useSnapshot(needsGuide, false)
  const elsewhere = useTasksThat(isElsewhere)
  return (
    <>
      <AtPlaces tasks={elsewhere} />
      <JustEnded tasks={ended} />
      <Queue waiting={waiting} />
      {isGuided && <FirstRun />}
      <RoomBars />
    </>
  )
}
