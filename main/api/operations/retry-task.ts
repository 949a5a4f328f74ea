import { once } from 'node:events'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { startOver } from '../../core/task/start-over.ts'
import type { TaskId } from '../../core/task/task.ts'
import { baseName } from '../../core/task/task-base.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { runOptionShape, runOptions } from '../run-options.ts'
import { taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

export const retryTask = defineOperation({
  name: 'retry_task',
  title: 'Run a task again',
  description:
    'Starts a new task with the text, the repository, the limits and the agent of one that has ended, from the branch as it is now (or its `base`), and returns the new ' +
    'task_id at once. The old task and its work stay as they are. For work that conflicts, resolve_task keeps what was done.',
  who: 'both',
  input: z.object({
    ...{ task_id: taskIdInput, ...runOptionShape },
    on_top_of: taskIdInput
      .optional()
      .describe(
        'Continue on top of this other task: begin from what that comes to, merged or not, in place of where it began. A task that is at work is stopped first, and its work kept',
      ),
  }),
  output: z.looseObject({
    task_id: z.string().optional(),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ task_id, on_top_of, ...options }, { tasks, consumer, signal }) => {
    const onto =
      on_top_of === undefined
        ? undefined
        : await stopped(requireTaskId(task_id), requireTaskId(on_top_of), tasks, signal)
    const {
      id,
      state,
      description,
      repoPath,
      caps,
      queue,
      resolves,
      agent,
      base,
      holdMs,
      after,
      plan,
      fork,
      place,
      setsUp,
    } = await tasks.get(requireTaskId(task_id))
    if (state.phase !== 'finished') throw new AppError('task-busy', `Task ${id} has not ended yet`)
    if (resolves)
      throw new AppError('argument-invalid', `Task ${id} resolved the conflicts of task ${resolves.task}`, {
        hint: startOver({ resolves }),
      })
    if (fork)
      throw new AppError('argument-invalid', `Task ${id} went on where task ${fork.task} had ended`, {
        hint: startOver({ fork }),
      })
    // The alias may have changed, or name another repository, since the task ran.
    const repository = (await tasks.repositories()).find(({ path }) => path === repoPath)
    if (!repository)
      throw new AppError('repository-unknown', `The repository of task ${id} is not registered: ${repoPath}`, {
        hint: `Run: microvm-orchestrator allow ${repoPath}`,
      })
    const given = runOptions(options)
    // Who asks for the queue of this host wants it here; what only this host has is not taken along to a place.
    const at = given.place ?? (given.queue || given.priority !== undefined ? undefined : place?.name)
    return {
      task_id: await tasks.run({
        ...{ description, repo: repository.alias, retries: id, ...ownerOf(consumer) },
        ...(queue && at === undefined && { queue: true, priority: queue.priority }),
        ...(base && onto === undefined && { base: baseName(base) }),
        ...(onto !== undefined ? { after: [onto] } : after && { after }),
        ...(plan && { plan }),
        ...(setsUp && { setsUp }),
        ...(holdMs !== undefined && { holdMs }),
        ...(at !== undefined && { place: at }),
        ...given,
        ...((agent || given.agent) && { agent: { ...agent, ...given.agent } }),
        ...((caps || given.caps) && { caps: { ...caps, ...given.caps } }),
      }),
    }
  },
})

/** Sees to it that the task has ended. Resolves with the other one, which exists. */
async function stopped(id: TaskId, onto: TaskId, tasks: Tasks, signal: AbortSignal): Promise<TaskId> {
  if (id === onto) throw new AppError('argument-invalid', 'A task cannot continue on top of itself')
  await tasks.get(onto)
  if ((await tasks.get(id)).state.phase !== 'finished') await tasks.cancel(id)
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const unwatch = tasks.watch((changed) => changed === id && resolve()) // Before the look: what changes after it is seen.
    try {
      signal.throwIfAborted()
      if ((await tasks.get(id)).state.phase === 'finished') return onto
      await Promise.race([promise, once(signal, 'abort')])
    } finally {
      unwatch()
    }
  }
}
