import type { RowState, StepLine, TaskRow } from '../../../preload/live-state.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Path } from '../../parts/path.tsx'
import { toolIcon } from '../task/steps/tool-icon.ts'

/** What the agent did last, or what happens while there is none. */
export function LastSteps({ task, most }: { task: TaskRow; most: number }) {
  const steps = task.live?.steps.slice(-most) ?? []
  const without = withoutAgent(task.state)
  if (steps.length === 0 || without !== null) {
    const text = without ?? begins(task)
    return (
      <span className="last-steps third">
        <span className="before-steps" title={text}>
          {text}
        </span>
      </span>
    )
  }
  return (
    <span className="last-steps">
      {task.overlap && <span className="step-line warn">{task.overlap.text}</span>}
      {/* Lines have no identity but their place: one that comes moves the others up. */}
      {steps.map((step, place) => (
        <span key={`${place}-${steps.length}`} className={step.state === 'running' ? 'step-line accent' : 'step-line'}>
          <Icon name={iconOf(step)} size="small" />
          <span className={step.tool === null ? 'cut' : 'cut mono'} title={step.text}>
            {step.state === 'failed' && <span className="unseen">Failed: </span>}
            {isPath(step) ? <Path path={step.text} /> : step.text || step.tool}
          </span>
        </span>
      ))}
    </span>
  )
}

/** The end of a path says most, the beginning of anything else. */
const isPath = ({ tool, text }: StepLine): boolean => tool !== null && /^[^\s:]+\/[^\s:]+$/.test(text)

function iconOf({ tool, state }: StepLine): IconName {
  if (state === 'failed') return 'fail'
  return tool === null ? 'say' : toolIcon(tool)
}

/** The guest says on its console what it makes ready. */
const begins = ({ live }: TaskRow): string => live?.lastLine.replace(/^microvm: /, '') || 'Begins…'

function withoutAgent(state: RowState): string | null {
  switch (state.phase) {
    case 'cloning':
      return 'Its clone is being made'
    case 'booting':
      return state.boots ?? 'Its machine is starting'
    case 'stopping':
      return 'Its work is being saved'
    case 'merging':
      return state.landing ?? 'Its commits are brought onto the branch'
    default:
      return null
  }
}
