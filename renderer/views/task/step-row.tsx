import { memo, useState } from 'react'
import { unreachable } from '../../../main/core/unreachable.ts'
import type { Step } from '../../../preload/contract.ts'
import { cost, count, elapsed, exactTime, tokens } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'

const toolIcons: Readonly<Record<string, IconName>> = {
  Bash: 'terminal',
  Read: 'file',
  Edit: 'pencil',
  MultiEdit: 'pencil',
  Write: 'pencil',
  NotebookEdit: 'pencil',
  Grep: 'search',
  Glob: 'search',
  WebFetch: 'globe',
  WebSearch: 'globe',
  TodoWrite: 'list',
  Task: 'slots',
}

/** A step never changes but when its tool is done; thousands of them are not drawn again for one that comes. */
export const StepRow = memo(function StepRow({ step, startedAt }: { step: Step; startedAt: string | null }) {
  return (
    <li className="step">
      <span className={step.kind === 'tool' && step.output === null ? 'step-icon accent' : 'step-icon'}>
        <Icon name={iconOf(step)} size="small" />
      </span>
      <div className="grow">
        <Body step={step} />
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
  if (step.kind === 'ended') return step.success ? 'pass' : 'fail'
  if (step.output === null) return 'work'
  return toolIcons[step.tool] ?? 'gear'
}

function Body({ step }: { step: Step }) {
  switch (step.kind) {
    case 'said':
      return <p className="said">{step.text}</p>
    case 'tool':
      return (
        <>
          <div className="step-head">
            <b>{step.tool}</b>
            <span className="mono cut selectable" title={step.subject}>
              {step.subject}
            </span>
            {step.failed && (
              <span className="chip bad">
                <Icon name="fail" />
                Failed
              </span>
            )}
            {step.output === null && <span className="caption accent">running</span>}
          </div>
          {step.output && <Output text={step.output} shown={step.failed || step.tool === 'Bash' ? 3 : 0} />}
        </>
      )
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
          {step.text && <p className="said">{step.text}</p>}
        </>
      )
    default:
      return unreachable(step)
  }
}

/** The last lines say most; the rest comes when asked for. */
function Output({ text, shown }: { text: string; shown: number }) {
  const [open, setOpen] = useState(false)
  const lines = text.trimEnd().split('\n')
  const hidden = open ? 0 : Math.max(0, lines.length - shown)
  const visible = lines.slice(hidden).join('\n')
  return (
    <>
      {visible && <div className="output">{visible}</div>}
      {(hidden > 0 || open) && (
        <Button tiny look="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show less' : `Show ${count(hidden, shown > 0 ? 'more line' : 'line')}`}
        </Button>
      )}
    </>
  )
}
