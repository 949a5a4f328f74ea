import type { SlotRow, TaskRow } from '../../../preload/live-state.ts'
import { cost, elapsed, tokens } from '../../format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Phases, StateLabel } from '../../parts/state-label.tsx'
import { useNow } from '../../stores/clock.ts'
import { go } from '../../stores/navigation.ts'
import { LastSteps } from './last-steps.tsx'
import { TaskName } from './task-name.tsx'

export function Slot({ slot, task, layout }: { slot: SlotRow; task: TaskRow; layout: 'grid' | 'list' }) {
  return (
    <div className="slot">
      <StateLabel state={task.state} />
      <span className="number">{slot.slot}</span>
      <div className="task">
        <TaskName slot={slot} task={task} />
        {layout === 'list' && <LastSteps task={task} most={1} />}
      </div>
      {layout === 'grid' && <LastSteps task={task} most={4} />}
      <Phases state={task.state} short={layout === 'list'} />
      <Figures task={task} />
    </div>
  )
}

/** The only part that changes each second. */
function Figures({ task }: { task: TaskRow }) {
  const nowMs = useNow()
  const money = task.usage?.costUsd ?? task.live?.costUsd ?? null
  const used = task.live?.tokens ?? 0
  return (
    <span className="figures">
      <span>{elapsed(nowMs - Date.parse(task.startedAt ?? task.createdAt))}</span>
      <span>{used > 0 ? tokens(used) : '–'}</span>
      <span>{money === null ? '–' : cost(money)}</span>
    </span>
  )
}

/** A task starts in whichever slot suits it: what is free is a way to a new one. */
export function FreeSlot({ slot }: { slot: SlotRow }) {
  return (
    <button type="button" data-stop className="slot free" onClick={() => go({ view: 'new-task' })}>
      <span className="state third">
        <Icon name="free" />
        Free
      </span>
      <span className="unseen">: start a task</span>
      <span className="number">{slot.slot}</span>
      <span className="warm">
        <Ready slot={slot} />
      </span>
    </button>
  )
}

function Ready({ slot: { warmFor, machineFor } }: { slot: SlotRow }) {
  if (machineFor !== null) {
    return (
      <>
        Machine waits for <b>{machineFor}</b>
      </>
    )
  }
  if (warmFor.length === 0) return <span aria-hidden="true">Start a task</span>
  return (
    <>
      Warm for <b>{warmFor.slice(0, 2).join(', ')}</b>
      {warmFor.length > 2 && ` and ${warmFor.length - 2} more`}
    </>
  )
}
