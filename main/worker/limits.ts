import { totalmem } from 'node:os'
import type { JobName } from './jobs.ts'

const gib = 1024 ** 3
const minuteMs = 60_000

/** What one job may take. */
export interface JobLimits {
  /** Of the process and all that it starts, together; looked at some times a second. */
  readonly memoryBytes: number
  /** Longer than the callers' own limits, which the job heeds by itself: beyond it the process is ended. */
  readonly timeMs: number
  /** In place of `timeMs` once a branch is being moved. */
  readonly publishMs: number
  /** Of its answer. */
  readonly answerBytes: number
}

/** Half of the host at most: the machines need room too. */
export function memoryLimits(): { readonly heapMiB: number; readonly familyBytes: number } {
  const familyBytes = Math.min(4 * gib, Math.max(gib, Math.floor(totalmem() / 2)))
  return { heapMiB: Math.floor(familyBytes / 2 / 1024 ** 2), familyBytes }
}

/** Looking at what waits may be asked for at any time by a person who waits; the others bring a task to its end. */
export type Lane = 'end' | 'look'

interface JobRule {
  readonly lane: Lane
  readonly timeMs: number
  readonly answerBytes: number
}

const rules: Readonly<Record<JobName, JobRule>> = {
  'read-result': { lane: 'end', timeMs: 5 * minuteMs, answerBytes: 8 * 1024 ** 2 },
  'keep-stream': { lane: 'end', timeMs: 10 * minuteMs, answerBytes: 1024 ** 2 },
  'read-commands': { lane: 'end', timeMs: 5 * minuteMs, answerBytes: 1024 ** 2 },
  'read-interruption': { lane: 'end', timeMs: 5 * minuteMs, answerBytes: 1024 ** 2 },
  salvage: { lane: 'end', timeMs: 15 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  'import-work': { lane: 'end', timeMs: 15 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  merge: { lane: 'end', timeMs: 15 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  'prepare-landing': { lane: 'end', timeMs: 15 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  'land-prepared': { lane: 'end', timeMs: 15 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  'find-merge': { lane: 'end', timeMs: 5 * minuteMs, answerBytes: 1024 ** 2 },
  'find-markers': { lane: 'end', timeMs: 10 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  'not-contained': { lane: 'end', timeMs: 10 * minuteMs, answerBytes: 16 * 1024 ** 2 },
  look: { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 64 * 1024 ** 2 },
  'diff-of-work': { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 32 * 1024 ** 2 },
  'commit-of-work': { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 64 * 1024 ** 2 },
  changes: { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 64 * 1024 ** 2 },
  diff: { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 32 * 1024 ** 2 },
  'living-clone': { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 1024 ** 2 },
  'told-clone': { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 1024 ** 2 },
  'unusual-paths': { lane: 'end', timeMs: 10 * minuteMs, answerBytes: 1024 ** 2 },
  patch: { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 64 * 1024 ** 2 },
  conflicts: { lane: 'look', timeMs: 5 * minuteMs, answerBytes: 64 * 1024 ** 2 },
  subjects: { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 8 * 1024 ** 2 },
  'expand-selection': { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 8 * 1024 ** 2 },
  'find-needs': { lane: 'look', timeMs: 2 * minuteMs, answerBytes: 4 * 1024 ** 2 },
  'held-paths': { lane: 'end', timeMs: 10 * minuteMs, answerBytes: 16 * 1024 ** 2 },
}

export const laneOf = (name: JobName): Lane => rules[name].lane

export const limitsOf = (name: JobName): JobLimits => ({
  memoryBytes: memoryLimits().familyBytes,
  timeMs: rules[name].timeMs,
  publishMs: 30 * minuteMs,
  answerBytes: rules[name].answerBytes,
})
