import type { Task } from './task.ts'

/** How to begin once more at the beginning of a task, as a hint says it: a fork and a resolver are made again from their task. Pure. */
export function startOver({ fork, resolves }: Pick<Task, 'fork' | 'resolves'>): string {
  if (resolves) return `Call resolve_task with ${resolves.task}`
  if (fork) return `fork_task with ${fork.task} starts one more from there`
  return 'retry_task starts it from the beginning'
}
