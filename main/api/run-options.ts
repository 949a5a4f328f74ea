import { z } from 'zod'
import { bounds, lengths } from '../core/bounds.ts'
import type { RunRequest } from '../tasks/contract.ts'
import { agentChoice, agentOptionShape } from './agent-options.ts'
import { taskIdInput } from './schemas.ts'
import { requireTaskId } from './views.ts'
import { within } from './within.ts'

/** The optional arguments of `run_task`, the same at every front door. */
export const runOptionShape = {
  timeout_ms: within(z.int(), bounds.taskTimeoutMs)
    .optional()
    .describe('Stop the task after so long in its machine, in milliseconds; its work is kept'),
  max_cost_usd: within(z.number(), bounds.costUsd).optional().describe('Stop the agent at this cost in US dollars'),
  queue: z.boolean().optional().describe('Wait for a slot when all are busy or memory is short, instead of failing'),
  priority: within(z.int(), bounds.priority).optional().describe('Of a task that waits: higher goes first. Default: 0'),
  ...agentOptionShape,
  base: z
    .string()
    .min(1)
    .max(lengths.revision)
    .optional()
    .describe(
      "Start from this branch, tag, commit or other task's id, in place of what is checked out. The task's own commits come onto the " +
        'branch that is checked out all the same',
    ),
  place: z
    .string()
    .min(1)
    .max(lengths.alias)
    .optional()
    .describe(
      'Run it on another machine, by its name in list_places, in place of this host; it waits there when that is full. Or several with commas ' +
        'between them, best first, local being this host: it runs at the first that has room, as "local,desk"',
    ),
  max_tokens: within(z.int(), bounds.tokens)
    .optional()
    .describe('Stop the task at so many tokens, input (cached too) and output'),
  after: z
    .array(taskIdInput)
    .min(1)
    .max(lengths.after)
    .optional()
    .describe(
      'Ids of tasks that come first: this one waits for their end, and starts from their result. After one that failed it waits until that is run again ' +
        '(retry_task), goes on (continue_task), or is merged',
    ),
  hold_ms: within(z.int(), bounds.holdMs)
    .optional()
    .describe(
      'When the agent is done, keep it for so long, in milliseconds, for what send_message tells it next; wait_next_event tells that it is idle, and ' +
        'finish_task ends it. It keeps its slot. Left out, the task ends when the agent is done',
    ),
}

type RunOptions = z.output<z.ZodObject<typeof runOptionShape>>

/** The same as the orchestrator takes them. */
export function runOptions({
  timeout_ms,
  max_cost_usd,
  max_tokens,
  queue,
  priority,
  base,
  hold_ms,
  after,
  place,
  ...rest
}: RunOptions): Pick<RunRequest, 'caps' | 'queue' | 'priority' | 'agent' | 'base' | 'holdMs' | 'after' | 'place'> {
  const caps = {
    ...(timeout_ms !== undefined && { timeoutMs: timeout_ms }),
    ...(max_cost_usd !== undefined && { maxCostUsd: max_cost_usd }),
    ...(max_tokens !== undefined && { maxTokens: max_tokens }),
  }
  const agent = agentChoice(rest)
  return {
    ...(agent && { agent }),
    ...(base !== undefined && { base }),
    ...(hold_ms !== undefined && { holdMs: hold_ms }),
    ...(after && { after: after.map(requireTaskId) }),
    ...(place !== undefined && { place }),
    ...(Object.keys(caps).length > 0 && { caps }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
  }
}
