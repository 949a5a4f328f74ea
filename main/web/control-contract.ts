import { z } from 'zod'
import type { FileDiff } from '../core/merge/file-diff.ts'
import type { MergeView, TaskView } from '../core/task/view.ts'
import type { EventView, LogPaths, RepositoryView, SlotsView, TaskSummary } from '../tasks/answers.ts'
import type { TaskReview } from '../tasks/review/read-review.ts'
import { runOptionShape } from '../tasks/run-options.ts'
import type { DiskUsage } from '../tasks/upkeep/disk-usage.ts'
import type { PruneReport } from '../tasks/upkeep/prune.ts'

/** The longest wait that can be asked for: a day. */
export const longestWaitMs = 24 * 60 * 60_000

const client = z.string().regex(/^[\w.@-]{1,64}$/)
const taskId = z.string().max(200)

/** What each call takes. `client` names the event consumer; the same name gets each event once. */
export const controlRequests = {
  run_task: z.strictObject({
    description: z.string(),
    repo: z.string().max(200),
    client: client.optional(),
    ...runOptionShape,
  }),
  get_task_info: z.strictObject({ task_id: taskId }),
  get_task_logs: z.strictObject({ task_id: taskId }),
  wait_next_event: z.strictObject({
    client: client.default('cli'),
    timeout_ms: z.int().min(0).max(longestWaitMs).default(1_800_000),
    after: z.int().nonnegative().optional(),
  }),
  cancel_task: z.strictObject({ task_id: taskId }),
  merge_task: z.strictObject({ task_id: taskId }),
  review_task: z.strictObject({ task_id: taskId }),
  /** The lines of one file against where the task started. */
  review_file: z.strictObject({ task_id: taskId, path: z.string().max(8192) }),
  accept_task: z.strictObject({
    task_id: taskId,
    commits: z.array(z.string().max(64)).max(1000).optional(),
    messages: z.record(z.string().max(64), z.string().max(100_000)).default({}),
  }),
  reject_task: z.strictObject({ task_id: taskId, drop_ref: z.boolean().default(false) }),
  resolve_task: z.strictObject({ task_id: taskId, client: client.optional(), queue: z.boolean().optional() }),
  cleanup_task: z.strictObject({ task_id: taskId, delete_ref: z.boolean().default(false) }),
  list_repos: z.strictObject({}),
  list_tasks: z.strictObject({}),
  list_slots: z.strictObject({}),
  usage: z.strictObject({}),
  prune: z.strictObject({
    dry_run: z.boolean(),
    keep_days: z.number().min(0).optional(),
    max_gib: z.number().min(0).optional(),
  }),
}

export type ControlVerb = keyof typeof controlRequests
export type ControlRequest<Verb extends ControlVerb> = z.input<(typeof controlRequests)[Verb]>

/** What each call answers. */
export interface ControlAnswers {
  run_task: { task_id: string }
  get_task_info: TaskView
  get_task_logs: LogPaths
  wait_next_event: EventView | { timeout: true } | { no_running_tasks: true }
  cancel_task: { success: true }
  merge_task: MergeView
  review_task: TaskReview & { task: TaskView }
  review_file: FileDiff
  accept_task: MergeView
  reject_task: { success: true }
  resolve_task: { task_id: string }
  cleanup_task: { success: true }
  list_repos: { repos: RepositoryView[] }
  list_tasks: { tasks: TaskSummary[] }
  list_slots: SlotsView
  usage: DiskUsage
  prune: PruneReport
}

/** A call that did not succeed answers this, with a status of 4xx or 5xx. */
export const controlFailureSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
})
