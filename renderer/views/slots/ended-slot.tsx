import type { SlotRow, TaskRow } from '../../../preload/live-state.ts'
import { ago } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { isConflict, isToReview, resultText } from '../../parts/states.ts'
import { useNow } from '../../stores/clock.ts'
import { go } from '../../stores/navigation.ts'
import { TaskName } from './task-name.tsx'

/** The last task of a slot that no other one needs yet: how it ended, and what there is to do. */
export function EndedSlot({ slot, task }: { slot: SlotRow; task: TaskRow }) {
  const { id } = task
  return (
    <div className="slot ended">
      <StateLabel state={task.state} />
      <span className="number">{slot.slot}</span>
      <div className="task">
        <TaskName slot={slot} task={task} ended />
      </div>
      <span className="last-steps second">{task.request?.text ?? resultText(task)}</span>
      <span className="outcome">
        <Ended task={task} />
        {isToReview(task) && <Action word="Review…" onClick={() => go({ view: 'review', id })} />}
        {isConflict(task) && <Action word="Resolve…" onClick={() => go({ view: 'resolve', id })} />}
      </span>
    </div>
  )
}

function Ended({ task }: { task: TaskRow }) {
  const nowMs = useNow()
  const since = task.finishedAt && ago(task.finishedAt, nowMs)
  return <span className="third">{since === 'now' ? 'Just now' : `${since} ago`}</span>
}

const Action = ({ word, onClick }: { word: string; onClick: () => void }) => (
  <Button tiny look="primary" onClick={onClick}>
    {word}
  </Button>
)
