import { useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { Snapshot, TaskRow } from '../../../preload/live-state.ts'
import type { PlanView as Plan, PlannedRow } from '../../../preload/plan.ts'
import { act } from '../../api.ts'
import { count } from '../../format.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { isUnmerged } from '../../parts/states.ts'
import { TitleText } from '../../parts/text/title-text.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useSnapshot, useTasks } from '../../stores/live.ts'
import { runAgain } from '../task/run-again.ts'
import { PlanGraph } from './plan-graph.tsx'

/** The tasks of a plan, or those before and after a task: what waits for what, and what holds the rest. */
export function PlanView({ id }: { id: TaskId }) {
  const plan = useAnswer('plan', { id }, useSnapshot(versionOf, ''))
  const live = useTasks()
  const [isAsking, setIsAsking] = useState(false)
  if (plan.status !== 'ready') {
    return (
      <>
        <ToolBar title="Plan" canGoBack />
        {plan.status === 'failed' ? (
          <FailureBlank failure={plan.failure} again={plan.again} />
        ) : (
          <Loading what="Reading the plan…" />
        )}
      </>
    )
  }
  const { id: planId, omitted } = plan.value
  // What runs moves on between two answers.
  const tasks = plan.value.tasks.map(({ row, after }) => ({ row: live.find((one) => one.id === row.id) ?? row, after }))
  const ended = tasks.filter(({ row }) => row.state.phase === 'finished').length
  return (
    <>
      <ToolBar
        title={planId === null ? 'Order of Tasks' : 'Plan'}
        about={`${ended} of ${count(tasks.length, 'task')} ended`}
        canGoBack
      >
        {planId !== null && (
          <Button icon="stop" look="danger" disabled={ended === tasks.length} onClick={() => setIsAsking(true)}>
            Cancel Plan…
          </Button>
        )}
      </ToolBar>
      <div className="scroll wide-page">
        <PlanGraph tasks={tasks} current={id} />
        {omitted > 0 && <p className="second small">{count(omitted, 'more task')} of them are not shown.</p>}
        <Stuck tasks={tasks} />
      </div>
      {isAsking && planId !== null && (
        <CancelPlan planId={planId} open={tasks.length - ended} onClose={() => setIsAsking(false)} />
      )}
    </>
  )
}

/** Changes with whatever moves a plan on. */
const versionOf = ({ tasks }: Snapshot): string =>
  tasks.map(({ id, plan, after, state }) => (plan || after ? `${id}${state.phase}` : state.phase.charAt(0))).join()

/** Tasks that wait though those before them have ended, and what holds them; and those that ended in a way that nothing can follow. */
function Stuck({ tasks }: { tasks: readonly PlannedRow[] }) {
  const open = new Set(tasks.filter(({ row }) => row.state.phase !== 'finished').map(({ row }) => row.id))
  const held = tasks.filter(
    ({ row, after }) =>
      row.state.phase === 'queued' && row.state.blocked !== null && !after.some((other) => open.has(other)),
  )
  const failed = tasks.filter(({ row }) => isOverInVain(row) && tasks.some(({ after }) => after.includes(row.id)))
  if (held.length + failed.length === 0) return null
  return (
    <section className="group" aria-label="What the others wait for">
      <h2>What the others wait for</h2>
      <div className="card">
        {failed.map(({ row }) => (
          <div key={row.id} className="row padded">
            <StateLabel state={row.state} />
            <span className="grow cut">{nameOf(row)}</span>
            <Button tiny icon="again" busy="Starting…" onClick={() => runAgain(row)}>
              Run Again
            </Button>
          </div>
        ))}
        {held.map(({ row }) => (
          <div key={row.id} className="padded">
            <b>{nameOf(row)}</b> <span className="second">{row.state.phase === 'queued' && row.state.blocked}</span>
          </div>
        ))}
      </div>
    </section>
  )
}

const isOverInVain = (row: TaskRow): boolean =>
  row.state.phase === 'finished' &&
  (row.state.outcome === 'failed' || row.state.outcome === 'cancelled') &&
  !isUnmerged(row)

const nameOf = ({ plan, title, id }: TaskRow) => plan?.name ?? <TitleText text={title || `Task ${id}`} />

interface CancelProps {
  readonly planId: NonNullable<Plan['id']>
  /** How many of its tasks have not ended. */
  readonly open: number
  readonly onClose: () => void
}

function CancelPlan({ planId, open, onClose }: CancelProps) {
  return (
    <Dialog
      title="Cancel this plan?"
      confirm="Cancel Plan"
      danger
      onClose={onClose}
      onConfirm={async () => (await act('cancelPlan', { planId })) !== undefined}
    >
      <p className="second">
        {open === 1 ? 'The task' : `The ${open} tasks`} of it that {open === 1 ? 'has' : 'have'} not ended{' '}
        {open === 1 ? 'is' : 'are'} stopped. What each has made is kept.
      </p>
    </Dialog>
  )
}
