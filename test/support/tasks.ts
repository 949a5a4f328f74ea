import { parseTaskId, type SlotId, type TaskEvent, type TaskId, type TaskIdentity } from '../../main/core/task/task.ts'

export function taskId(text: string): TaskId {
  const id = parseTaskId(text)
  if (!id) throw new Error(`Not a task id: ${text}`)
  return id
}

export const slot = (number: number): SlotId => number as SlotId

export const identity = (repoPath: string, id = 'a1b2c3d4'): TaskIdentity => ({
  id: taskId(id),
  description: 'Add a greeting',
  repo: 'project',
  repoPath,
  owner: null,
  createdAt: '2026-01-02T03:04:05.000Z',
})

/** One commit that went onto the branch. */
export const sampleMerge = {
  kind: 'merged',
  method: 'rebase',
  commits: 1,
  branch: 'main',
  from: '1'.repeat(40),
  to: '2'.repeat(40),
} as const

const at = '2026-01-02T03:04:06.000Z'

/** The events of a task that went well, in order, each with every field filled. */
export function eventsOfGoodTask(repoPath: string): TaskEvent[] {
  const merge = sampleMerge
  return [
    { type: 'created', at, task: identity(repoPath) },
    { type: 'slot-leased', at, slot: slot(3) },
    { type: 'cloned', at, startCommit: '1'.repeat(40), branch: 'main' },
    {
      type: 'machine-started',
      at,
      machine: {
        driver: 'qemu',
        pid: 4711,
        startTime: '12345',
        controlSocket: '/run/x/qmp',
        runDirectory: '/run/x',
        helpers: [{ name: 'virtiofsd', pid: 4712, startTime: '12346' }],
      },
    },
    { type: 'agent-started', at },
    { type: 'machine-exited', at, exit: { kind: 'powered-off' } },
    {
      type: 'result-read',
      at,
      result: {
        success: true,
        summary: 'Added it.',
        filesChanged: ['hello.txt'],
        error: null,
        usage: { costUsd: 0.5, inputTokens: 10, outputTokens: 20, turns: 3, sessionId: 'session' },
      },
    },
    {
      type: 'salvaged',
      at,
      work: {
        ref: 'refs/tasks/a1b2c3d4',
        commit: '3'.repeat(40),
        commits: 1,
        wip: false,
        filesChanged: ['hello.txt'],
        notes: [],
        also: [],
        left: null,
      },
    },
    { type: 'merge-tried', at, merge },
    { type: 'finished', at, outcome: { kind: 'merged', merge } },
    { type: 'announced', at, seq: 7 },
  ]
}
