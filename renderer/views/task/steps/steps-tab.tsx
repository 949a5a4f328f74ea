import { useMemo, useState } from 'react'
import { createPortal } from 'react-dom'
import type { TaskId } from '../../../../main/core/task/task.ts'
import type { TaskRow } from '../../../../preload/live-state.ts'
import type { Step, TaskDetails } from '../../../../preload/task-details.ts'
import { count } from '../../../format.ts'
import { Blank, FailureBlank, Loading, Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { stickToEnd } from '../../../parts/stick-to-end.ts'
import { HiddenCharacters, haveHidden } from '../../../parts/text/hidden-characters.tsx'
import { Details } from '../details.tsx'
import { StepRow } from './step-row.tsx'
import { stepTrees } from './step-tree.ts'
import { useSteps } from './use-steps.ts'

interface Props {
  readonly row: TaskRow
  readonly details: TaskDetails | null
  readonly tools: HTMLElement | null
}

/** The newest; the whole of a long task is in its file. */
const shownAtFirst = 400

export function StepsTab({ row, details, tools }: Props) {
  return (
    <div className="tab-body">
      <Timeline id={row.id} startedAt={row.startedAt} tools={tools} />
      <Details row={row} details={details} />
    </div>
  )
}

function Timeline({ id, startedAt, tools }: { id: TaskId; startedAt: string | null; tools: HTMLElement | null }) {
  const { state, again } = useSteps(id)
  const [all, setAll] = useState(false)
  const { steps, known, ended, failure } = state
  const trees = useMemo(() => stepTrees(steps), [steps])
  if (!known) return <Loading what="Reading the steps…" />
  if (failure && steps.length === 0) return <FailureBlank failure={failure} again={again} />
  if (steps.length === 0) {
    return (
      <Blank icon="say" title={ended ? 'The agent left no steps' : 'No steps yet'}>
        {ended
          ? 'The console may say why.'
          : 'They come when the agent begins. The console shows the machine until then.'}
      </Blank>
    )
  }
  const first = all ? 0 : Math.max(0, trees.length - shownAtFirst)
  return (
    <div className="pane">
      {tools && createPortal(<span className="small second">{count(steps.length, 'step')}, newest last</span>, tools)}
      {failure && (
        <Problem failure={failure}>
          <Button tiny onClick={again}>
            Try Again
          </Button>
        </Problem>
      )}
      {steps.some(isHidden) && <HiddenCharacters what="What the agent wrote" />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section ref={stickToEnd} className="scroll" tabIndex={0} aria-label="Steps">
        {first > 0 && (
          <Button tiny look="plain" onClick={() => setAll(true)}>
            Show {count(first, 'earlier step')}
          </Button>
        )}
        <ol className="steps">
          {trees.slice(first).map(({ step, inner }, index) => (
            // Steps are only ever added behind, so the place is the name.
            <StepRow key={first + index} step={step} inner={inner} startedAt={startedAt} />
          ))}
        </ol>
      </section>
    </div>
  )
}

const isHidden = (step: Step): boolean =>
  step.kind === 'tool' ? haveHidden(step.tool, step.subject, step.output) : haveHidden(step.text)
