import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { Soon } from './at-work.ts'

export interface PlacedHome {
  readonly id: TaskId
  /** Resolves when the record has that the agent started. */
  readonly started: (soon: Soon) => Promise<void>
  readonly kill: () => void
}

/** Runs a task at the place from a home in a process of its own, which is to be killed. */
export async function startPlacedHome(root: string, place: string, description: string): Promise<PlacedHome> {
  const program = join(import.meta.dirname, 'placed-home.ts')
  const child = spawn(process.execPath, [program, root, place, description], { stdio: ['ignore', 'pipe', 'inherit'] })
  const id = (await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value as TaskId
  const record = join(root, 'home', 'tasks', id, 'events.jsonl')
  return {
    id,
    started: (soon) => expect.poll(() => readFile(record, 'utf8').catch(() => ''), soon).toContain('"agent-started"'),
    kill: () => void child.kill('SIGKILL'),
  }
}
