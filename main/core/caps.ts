import type { Failure } from './failure.ts'
import type { TaskResult } from './task.ts'

/** What a task may take at most; null is no limit. Decided when the task is accepted. */
export interface TaskCaps {
  /** In its machine, from power-on; the time goes on while the orchestrator does not run. */
  readonly timeoutMs: number
  /** US dollars, as the agent itself reckons them. */
  readonly maxCostUsd: number | null
  /** Input, cached or not, and output, of all requests. */
  readonly maxTokens: number | null
  /** How long neither console nor stream may say anything. */
  readonly silenceTimeoutMs: number | null
}

/** What the caller asks for, over what the settings say. */
export const capsOf = (
  settings: Partial<TaskCaps> & { readonly timeoutMs: number },
  asked: Partial<TaskCaps>,
): TaskCaps => ({
  maxCostUsd: null,
  maxTokens: null,
  silenceTimeoutMs: null,
  ...settings,
  ...asked,
})

/** Claude Code stops itself at its budget and reports a failure; the caller is told the cap instead of the report. */
export function costLimitFailure(maxCostUsd: number | null, result: TaskResult): Failure | null {
  const cost = result.usage?.costUsd
  if (maxCostUsd === null || result.success || cost === undefined || cost < maxCostUsd) return null
  return {
    code: 'cost-limit',
    message: `The task ran into its cost limit of $${maxCostUsd}: it cost $${cost.toFixed(2)}`,
    hint: 'Its work is kept; give max_cost_usd more room to go on',
  }
}
