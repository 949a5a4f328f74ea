import type { TaskRow } from '../../../../preload/live-state.ts'
import type { TaskDetails } from '../../../../preload/task-details.ts'
import { count } from '../../../format.ts'
import { Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { useChosen } from '../../../stores/navigation.ts'
import { DraftButton } from '../../new-task/draft-button.tsx'
import { runAgain } from '../run-again.ts'
import { StepRow } from '../steps/step-row.tsx'
import { useSteps } from '../steps/use-steps.ts'
import { draftAgain } from './draft-again.ts'
import { type FailedStep, failedStep } from './failed-step.ts'

/** What was printed last says most of why a step failed. */
const linesShown = 8

/** Of a task that failed: the step at which it came to an end, and the ways on. */
export function FailurePath({ row, details }: { row: TaskRow; details: TaskDetails }) {
  const { state, again } = useSteps(row.id)
  const [, chooseTab] = useChosen('tab')
  const found = failedStep(state.steps)
  return (
    <section className="group" aria-label="Where it failed">
      <h2>Where it failed</h2>
      <div className="card">
        {state.failure && (
          <Problem failure={state.failure}>
            <Button tiny onClick={again}>
              Try Again
            </Button>
          </Problem>
        )}
        {found ? (
          <div>
            <ol className="steps">
              <StepRow step={found.step} inner={[]} startedAt={row.startedAt} lines={linesShown} />
            </ol>
            <p className="failed-note small second">{placeOf(found)}</p>
          </div>
        ) : (
          state.known && !state.failure && <p className="padded">The agent had not begun. The console may say why.</p>
        )}
        <div className="padded ways">
          {row.ref !== null && (
            <Button icon="file" onClick={() => chooseTab('changes')}>
              Changes
            </Button>
          )}
          <Button icon="terminal" onClick={() => chooseTab('console')}>
            Console
          </Button>
          {found && (
            <Button icon="say" onClick={() => chooseTab('steps')}>
              All Steps
            </Button>
          )}
          <span className="grow" />
          <DraftButton icon="pencil" draft={draftAgain(row.repo, details)}>
            Edit and Run Again…
          </DraftButton>
          <Button icon="again" look="primary" busy="Starting…" onClick={() => runAgain(row)}>
            Run Again
          </Button>
        </div>
      </div>
    </section>
  )
}

function placeOf({ wasRunning, stepsAfter }: FailedStep): string {
  if (wasRunning) return 'It was still running when the task ended.'
  return stepsAfter === 0 ? 'It was the last thing the agent did.' : `The agent took ${count(stepsAfter, 'more step')}.`
}
