import type { Task } from '../../core/task/task.ts'

/** A stretch of a task's time. Times are milliseconds since 1970. */
interface TaskSpan {
  readonly name: string
  readonly from: number
  readonly to: number
}

export interface TaskTrace extends TaskSpan {
  /** No text of the task and none of its agent. */
  readonly attributes: Readonly<Record<string, string | number>>
  readonly failed: boolean
  readonly parts: readonly TaskSpan[]
}

type Timed = Pick<
  Task,
  | 'id'
  | 'repo'
  | 'state'
  | 'createdAt'
  | 'machineStartedAt'
  | 'agentStartedAt'
  | 'finishedAt'
  | 'merge'
  | 'result'
  | 'parkings'
  | 'agent'
  | 'place'
>

/** The trace of a task that has ended; null for any other. A task that went on after its first agent shows the last one's times. Pure. */
export function traceOf(task: Timed): TaskTrace | null {
  if (task.finishedAt === null || task.state.phase !== 'finished') return null
  const begin = Date.parse(task.createdAt)
  const end = Date.parse(task.finishedAt)
  const within = (time: string | null): number | null =>
    time === null ? null : Math.min(end, Math.max(begin, Date.parse(time)))
  const machine = within(task.machineStartedAt)
  const agent = within(task.agentStartedAt)
  const parts: TaskSpan[] = [{ name: 'queue and clone', from: begin, to: machine ?? agent ?? end }]
  if (machine !== null) parts.push({ name: 'boot', from: machine, to: Math.max(machine, agent ?? end) })
  if (agent !== null) parts.push({ name: 'agent, salvage and merge', from: agent, to: end })
  const { outcome } = task.state
  const usage = task.result?.usage
  return {
    name: 'task',
    ...{ from: begin, to: end, parts },
    failed: outcome.kind === 'failed',
    attributes: {
      'microvm.task.id': task.id,
      'microvm.task.repo': task.repo,
      'microvm.task.outcome': outcome.kind,
      'microvm.task.parkings': task.parkings.length,
      ...(outcome.kind === 'failed' && { 'error.type': outcome.failure.code }),
      ...(task.place && { 'microvm.task.place': task.place.name }),
      ...(task.agent?.model !== undefined && { 'gen_ai.request.model': task.agent.model }),
      ...(usage && {
        'gen_ai.usage.input_tokens': usage.inputTokens,
        'gen_ai.usage.output_tokens': usage.outputTokens,
        'microvm.task.cost_usd': usage.costUsd,
      }),
    },
  }
}
