import type { Task, TaskId } from '../core/task/task.ts'
import type { Tasks } from '../tasks/contract.ts'
import { callOperation } from './operation-calls.ts'

/**
 * Runs a task that has ended once more, from where it began: a fork from the task that it went on from, a resolver for the task whose conflicts it
 * was to resolve, and any other one from the branch as it is now. On top of another task, one that is at work is stopped first.
 */
export async function startAgain(
  { id, fork, resolves, description, caps, agent, queue }: Task,
  { onTopOf }: { readonly onTopOf?: string },
  tasks: Tasks,
  signal: AbortSignal,
): Promise<TaskId> {
  if (onTopOf !== undefined) return (await callOperation('retryTask', { id, onTopOf }, tasks, signal)).task_id as TaskId
  if (resolves) return await tasks.resolve(resolves.task, { queue: queue !== undefined })
  if (!fork) return (await callOperation('retryTask', { id }, tasks, signal)).task_id as TaskId
  const request = { text: description, count: 1, ...(caps && { caps }), ...(agent && { agent }) }
  const [started] = await tasks.fork(fork.task, request)
  if (started === undefined) throw new Error(`Task ${fork.task} was not forked`)
  return started
}
