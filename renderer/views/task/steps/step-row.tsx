import { memo, useState } from 'react'
import { unreachable } from '../../../../main/core/unreachable.ts'
import type { Step } from '../../../../preload/task-details.ts'
import { cost, count, elapsed, exactTime, tokens } from '../../../format.ts'
import { Icon, type IconName } from '../../../parts/icon.tsx'
import { AgentText } from '../../../parts/text/agent-text.tsx'
import { withMarks } from '../../../parts/text/with-marks.tsx'
import { toolIcon } from './tool-icon.ts'

/** Lines that are shown of what a command printed, or of why a tool failed; the last say most. */
const linesShown = 4

/** A step, and those of the agent that it started. */
export interface StepTree {
  readonly step: Step
  readonly inner: readonly StepTree[]
}

interface Props extends StepTree {
  readonly startedAt: string | null
  readonly lines?: number
}

/** A step never changes but when its tool is done; thousands of them are not drawn again for one that comes. */
export const StepRow = memo(function StepRow({ step, inner, startedAt, lines = linesShown }: Props) {
  return (
    <li className="step">
      <span className={step.kind === 'tool' && step.output === null ? 'step-icon accent' : 'step-icon'}>
        <Icon name={iconOf(step)} size="small" />
      </span>
      <div className="grow">
        <Body step={step} lines={lines} />
        {inner.length > 0 && <Inner steps={inner} startedAt={startedAt} />}
      </div>
      {step.at && startedAt && (
        <time dateTime={step.at} title={exactTime(step.at)}>
          {elapsed(Date.parse(step.at) - Date.parse(startedAt))}
        </time>
      )}
    </li>
  )
})

function iconOf(step: Step): IconName {
  if (step.kind === 'said') return 'say'
  if (step.kind === 'thought') return 'more'
  if (step.kind === 'ended') return step.success ? 'pass' : 'fail'
  return step.output === null ? 'work' : toolIcon(step.tool)
}

function Body({ step, lines }: { step: Step; lines: number }) {
  switch (step.kind) {
    case 'said':
      return <AgentText text={step.text} />
    case 'thought':
      return <Thought text={step.text} />
    case 'tool':
      return <Tool step={step} lines={lines} />
    case 'ended':
      return (
        <>
          <div className="step-head">
            <b>{step.success ? 'Done' : 'Gave up'}</b>
            <span className="small second">
              {count(step.usage.turns, 'turn')}, {tokens(step.usage.inputTokens + step.usage.outputTokens)} tokens,{' '}
              {cost(step.usage.costUsd)}
            </span>
          </div>
          {step.text && <AgentText text={step.text} />}
        </>
      )
    default:
      return unreachable(step)
  }
}

/** Long, and of interest where what was done surprises: folded until then. */
function Thought({ text }: { text: string }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <div className="step-head">
        <span className="second">Thinking</span>
        {!open && <span className="cut third">{withMarks(text.trim().split('\n', 1)[0] ?? '')}</span>}
        <button type="button" className="more" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Fold' : 'Show'}
        </button>
      </div>
      {open && <AgentText text={text} />}
    </>
  )
}

/** What an agent did that this one started. */
function Inner({ steps, startedAt }: { steps: readonly StepTree[]; startedAt: string | null }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="more" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Fold its agent' : `${count(steps.length, 'step')} of its agent`}
      </button>
      {open && (
        <ol className="steps">
          {steps.map(({ step, inner }, index) => (
            // Steps are only ever added behind, so the place is the name.
            <StepRow key={index} step={step} inner={inner} startedAt={startedAt} />
          ))}
        </ol>
      )}
    </>
  )
}

function Tool({ step, lines: linesShown }: { step: Extract<Step, { kind: 'tool' }>; lines: number }) {
  const [open, setOpen] = useState(false)
  const lines = step.output?.trimEnd().split('\n') ?? []
  const speaks = step.failed || step.tool === 'Bash'
  // That a file was written says its icon.
  const shown = open ? lines.length : speaks ? linesShown : 0
  const hidden = Math.max(0, lines.length - shown)
  const canOpen = open || (hidden > 0 && (speaks || lines.length > 1))
  const visible = shown === 0 ? '' : lines.slice(-shown).join('\n')
  return (
    <>
      <div className="step-head">
        <b title={step.tool}>{step.tool}</b>
        <span className="mono cut selectable" title={step.subject}>
          {withMarks(step.subject)}
        </span>
        {step.failed && (
          <span className="chip bad">
            <Icon name="fail" />
            Failed
          </span>
        )}
        {step.output === null && <span className="caption accent">running</span>}
        {canOpen && (
          <button type="button" className="more" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Show less' : count(hidden, speaks ? 'more line' : 'line')}
          </button>
        )}
      </div>
      {visible.trim() !== '' && <div className="output">{withMarks(visible)}</div>}
    </>
  )
}
