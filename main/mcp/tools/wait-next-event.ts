import { z } from 'zod'
import { runningLine } from '../../core/task/running-line.ts'
import { eventView } from '../../tasks/answers.ts'
import { settle, waitNextEvent as wait } from '../../tasks/events/wait-next-event.ts'
import { cutResult, cutText } from '../limits.ts'
import { mergeResultSchema, resultSchema } from '../schemas.ts'
import { defineTool } from '../tool.ts'

const longestWaitMs = 24 * 60 * 60_000
const summaryLimit = 4_000

export const waitNextEvent = defineTool({
  name: 'wait_next_event',
  title: 'Wait for the next task to end',
  description:
    'Waits until a task ends and tells its outcome: {type: "completed" or "failed", task_id, result, merge_result, ...}. ' +
    'Each end is told once, also when it came while nobody waited, so call this in a loop until it answers ' +
    '{no_running_tasks: true}. {timeout: true} is normal: call again. Merged is only what merge_result says.',
  input: z.object({
    timeout_ms: z
      .int()
      .min(0)
      .max(longestWaitMs)
      .default(1_800_000)
      .describe('How long to wait, in milliseconds; 0 only looks. Default: half an hour'),
    after: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        'Tells the first event with a higher seq again, whether it was told before or not; leave it out normally',
      ),
  }),
  output: z.looseObject({
    type: z.enum(['completed', 'failed']).optional(),
    task_id: z.string().optional(),
    repo: z.string().optional(),
    result: resultSchema.optional(),
    merge_result: mergeResultSchema.optional(),
    error: z.string().nullable().optional(),
    notes: z.array(z.string()).optional().describe('What was refused or left out while its work was saved'),
    seq: z.int().optional(),
    pending: z.int().optional().describe('How many more ends wait to be told'),
    at: z.string().optional(),
    timeout: z.literal(true).optional(),
    no_running_tasks: z.literal(true).optional().describe('Nothing runs and nothing is left to tell'),
  }),
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ timeout_ms: timeoutMs, after }, context) => {
    const { tasks, consumer, progress, progressIntervalMs, delivered, signal } = context
    const started = performance.now()
    const waited = await wait(
      tasks,
      consumer,
      {
        timeoutMs,
        tickMs: progressIntervalMs,
        ...(after !== undefined && { after }),
        onTick: (all) => {
          progress?.({
            done: Math.round(performance.now() - started),
            total: timeoutMs,
            line: runningLine(all, Date.now()),
          })
        },
      },
      signal,
    )
    if (waited.kind === 'timeout') return { timeout: true as const }
    if (waited.kind === 'no-running-tasks') return { no_running_tasks: true as const }

    const { delivery } = waited
    settle(delivery, delivered)
    const view = eventView(delivery)
    const rest = 'see get_task_info'
    return {
      ...view,
      result: view.result && { ...cutResult(view.result, summaryLimit, rest) },
      merge_result: view.merge_result && { ...view.merge_result },
      error: view.error === null ? null : cutText(view.error, summaryLimit, rest),
    }
  },
})
