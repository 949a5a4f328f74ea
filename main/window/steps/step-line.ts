import type { StepLine } from '../../../preload/live-state.ts'
import type { Step } from '../../../preload/task-details.ts'
import { unreachable } from '../../core/unreachable.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'

const limit = 160

/** What a card shows of a step; its text was made safe when it was read. Pure. */
export function stepLine(step: Step): StepLine {
  switch (step.kind) {
    case 'said':
    case 'thought':
      return { tool: null, text: firstLine(step.text), state: 'done' }
    case 'tool':
      return {
        tool: step.tool,
        text: step.subject.slice(0, limit),
        state: step.output === null ? 'running' : step.failed ? 'failed' : 'done',
      }
    case 'ended':
      return { tool: null, text: firstLine(step.text) || 'Done', state: step.success ? 'done' : 'failed' }
    default:
      return unreachable(step)
  }
}

function firstLine(text: string): string {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? ''
  return singleLineText(first).slice(0, limit)
}
