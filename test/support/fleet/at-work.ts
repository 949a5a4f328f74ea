import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import type { Task, TaskId } from '../../../main/core/task/task.ts'
import type { Orchestrator } from '../../../main/tasks/orchestrator.ts'
import { gitIn } from '../git/repositories.ts'
import type { startOrchestrator } from '../orchestrator.ts'

/** How long something may take, in milliseconds. */
export interface Soon {
  readonly timeout: number
}

/** Resolves with the task when its agent is at work. */
export async function toWork(orchestrator: Orchestrator, id: TaskId, soon: Soon): Promise<Task> {
  await expect.poll(async () => (await orchestrator.get(id)).state.phase, soon).toBe('working')
  return await orchestrator.get(id)
}

/** Resolves with the task when its agent, which says that it is at work, has work that is not committed. */
export async function toUnsavedWork(orchestrator: Orchestrator, id: TaskId, soon: Soon): Promise<Task> {
  const console = await orchestrator.consolePath(id)
  await expect.poll(() => readFile(console, 'utf8').catch(() => ''), soon).toContain('at work')
  return await toWork(orchestrator, id, soon)
}

/** Failed with the reason, told once, with what it had. */
export async function expectFailedWithWork(
  { repo }: { readonly repo: string },
  home: Awaited<ReturnType<typeof startOrchestrator>>,
  task: Task,
  failure: object,
): Promise<void> {
  expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'failed', failure } })
  expect(await gitIn(repo, ['show', `refs/tasks/${task.id}:before.txt`])).toBe('before')
  expect(home.events.read(0)).toHaveLength(1)
}
