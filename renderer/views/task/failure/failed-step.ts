import type { Step } from '../../../../preload/task-details.ts'

export interface FailedStep {
  readonly step: Exclude<Step, { kind: 'ended' }>
  /** Whether it was still running when the task ended. */
  readonly wasRunning: boolean
  /** What the agent said and did after it. */
  readonly stepsAfter: number
}

/** Where a task that failed came to: what was running at its end, else the last tool that failed, else what it did last. */
export function failedStep(steps: readonly Step[]): FailedStep | null {
  const done = steps.filter((step) => step.kind !== 'ended')
  const isRunning = (step: Step): boolean => step.kind === 'tool' && step.output === null
  const hasFailed = (step: Step): boolean => step.kind === 'tool' && step.failed
  const running = done.findLastIndex(isRunning)
  const at = running >= 0 ? running : done.findLastIndex(hasFailed)
  const step = at < 0 ? done.at(-1) : done[at]
  return step === undefined ? null : { step, wasRunning: running >= 0, stepsAfter: at < 0 ? 0 : done.length - 1 - at }
}
