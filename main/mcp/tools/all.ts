import type { Tool } from '../tool.ts'
import { cancelTask } from './cancel-task.ts'
import { cleanupTask } from './cleanup-task.ts'
import { getTaskInfo } from './get-task-info.ts'
import { getTaskLogs } from './get-task-logs.ts'
import { listRepos } from './list-repos.ts'
import { listSlots } from './list-slots.ts'
import { listTasks } from './list-tasks.ts'
import { mergeTask } from './merge-task.ts'
import { prune } from './prune.ts'
import { resolveTask } from './resolve-task.ts'
import { runTask } from './run-task.ts'
import { usage } from './usage.ts'
import { waitNextEvent } from './wait-next-event.ts'

/** In the order in which a model meets them. */
export const allTools: readonly Tool[] = [
  runTask,
  waitNextEvent,
  getTaskInfo,
  getTaskLogs,
  listTasks,
  listRepos,
  listSlots,
  cancelTask,
  mergeTask,
  resolveTask,
  cleanupTask,
  usage,
  prune,
]
