import type { TaskRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { Button } from '../../parts/button.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { LastSteps } from '../slots/last-steps.tsx'
import { Composer } from '../task/compose/composer.tsx'

/** What an agent that has nothing to do did last, and a field to tell it more. */
export function WaitingAgent({ task }: { task: TaskRow }) {
  const details = useAnswer('task', { id: task.id }, task.told)
  return (
    <section className="waiting-agent" aria-label={task.title}>
      <div className="scroll">
        <div className="page">
          <section className="group">
            <h2>Why</h2>
            <div className="card padded prose">
              Its agent has nothing to do: it was interrupted, or is done and was asked to wait. Tell it what to do
              next, or finish the task as it is.
            </div>
          </section>
          <section className="group">
            <h2>What it did last</h2>
            <div className="card padded">
              <LastSteps task={task} most={6} />
            </div>
          </section>
        </div>
      </div>
      <Composer row={task} details={details.status === 'ready' ? details.value : null} />
    </section>
  )
}

/** Has its task end as it is. */
export function FinishButton({ id }: Pick<TaskRow, 'id'>) {
  return (
    <Button look="primary" icon="pass" busy="Finishing…" onClick={() => act('finishTask', { id })}>
      Finish
    </Button>
  )
}
