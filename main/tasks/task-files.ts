import { join } from 'node:path'
import type { TaskId } from '../core/task.ts'
import { tasksDirectory } from '../lib/paths.ts'

/** A task's folder on the host. Only `repo` and `share` are ever shown to the guest. */
export interface TaskFiles {
  readonly repoPath: string
  readonly folder: string
  readonly events: string
  readonly record: string
  readonly description: string
  readonly console: string
  readonly result: string
  readonly mergeResult: string
  /** Choices of a person who is settling conflicts. */
  readonly resolution: string
  readonly stream: string
  /** What a gateway let through and refused; where the task has one. */
  readonly network: string
  readonly repo: string
  readonly share: string
}

/** Of `taskFiles` this one alone: for whoever asks for ten thousand. */
export const eventsPath = (repoPath: string, id: TaskId): string => `${tasksDirectory(repoPath)}/${id}/events.jsonl`

export function taskFiles(repoPath: string, id: TaskId): TaskFiles {
  const folder = join(tasksDirectory(repoPath), id)
  return {
    repoPath,
    folder,
    events: eventsPath(repoPath, id),
    record: join(folder, 'task.json'),
    description: join(folder, 'task.md'),
    console: join(folder, 'serial.log'),
    result: join(folder, 'result.json'),
    mergeResult: join(folder, 'merge-result.json'),
    resolution: join(folder, 'resolution.json'),
    stream: join(folder, 'claude-stream.jsonl'),
    network: join(folder, 'network.jsonl'),
    repo: join(folder, 'repo'),
    share: join(folder, 'share'),
  }
}

/** Names inside the share: what the host lays down for the guest, and what the guest leaves. */
export const shareNames = {
  description: 'task.md',
  key: '.api-key',
  environment: 'environment',
  startRef: 'start-ref',
  /** There from the start in a machine that is booted ahead of its task; the guest says that it waits, and the host to begin. */
  standby: 'standby',
  waiting: 'waiting',
  go: 'go',
  started: 'started',
  result: 'result.json',
  stream: 'claude-stream.jsonl',
} as const
