import type { Failure } from '../failure.ts'
import type { MergeOutcome } from '../merge/merge.ts'
import { unreachable } from '../unreachable.ts'
import type { MachineExit, TaskOutcome, TaskResult } from './task.ts'

/** What is known when a task's machine is off. */
export interface Ending {
  readonly exit: MachineExit
  /** Why we stopped the machine, when we did. */
  readonly stopReason: Failure | null
  /** What the guest wrote, or why it could not be used. */
  readonly result: TaskResult | Failure
}

const isFailure = (result: TaskResult | Failure): result is Failure => 'code' in result

/** Why the task did not succeed; null when its work may be merged. A machine that crashed has not succeeded, whatever it wrote before. */
export function failureOf({ exit, stopReason, result }: Ending): Failure | null {
  if (stopReason) return stopReason
  switch (exit.kind) {
    case 'panicked':
      return {
        code: 'guest-failed',
        message: `The guest's kernel panicked: ${exit.detail}`,
        hint: 'Its console log has the rest',
      }
    case 'crashed':
      return { code: 'guest-failed', message: `The virtual machine ended unexpectedly: ${exit.detail}` }
    case 'powered-off':
    case 'stopped':
      break
    default:
      return unreachable(exit)
  }
  if (isFailure(result)) return result
  if (!result.success)
    return { code: 'agent-failed', message: result.error ?? 'The agent reported a failure without a reason' }
  return null
}

export function outcomeOf(failure: Failure | null, merge: MergeOutcome | null): TaskOutcome {
  if (failure) return failure.code === 'cancelled' ? { kind: 'cancelled' } : { kind: 'failed', failure }
  if (!merge) throw new Error('A task that succeeded has a merge outcome')
  switch (merge.kind) {
    case 'merged':
      return { kind: 'merged', merge }
    case 'unchanged':
      return { kind: 'unchanged' }
    case 'unmerged':
      return { kind: 'unmerged', merge }
    default:
      return unreachable(merge)
  }
}

/** A name that the API does not know fails a task at its first request: says whose choice it was. Pure. */
export function withModelHint(failure: Failure | null, model: string | undefined): Failure | null {
  if (failure?.code !== 'agent-failed' || model === undefined) return failure
  // Claude Code's own words, and what the API answers for a model that is not there (measured with 2.1.330).
  if (!failure.message.includes(model) || !/\b404\b|issue with the selected model/.test(failure.message)) return failure
  const hint = `The task asked for the model ${model}: run it again with another one, or with none for your own`
  return { ...failure, hint }
}

/** Claude Code stops itself at its budget and reports a failure; the caller is given the cap instead of the report. */
export function costLimitFailure(maxCostUsd: number | null, result: TaskResult): Failure | null {
  const cost = result.usage?.costUsd
  if (maxCostUsd === null || result.success || cost === undefined || cost < maxCostUsd) return null
  return {
    code: 'cost-limit',
    message: `The task ran into its cost limit of $${maxCostUsd}: it cost $${cost.toFixed(2)}`,
    hint: 'Its work is kept; give max_cost_usd more room to go on',
  }
}
