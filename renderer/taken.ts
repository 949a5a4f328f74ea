import type { TaskRow } from '../preload/live-state.ts'

/** US dollars that a task took, or has taken so far; null where none are known. */
export const moneyTaken = ({ usage, live }: TaskRow): number | null => usage?.costUsd ?? live?.costUsd ?? null

/** Tokens that a task took, or has taken so far. */
export const tokensTaken = ({ usage, live }: TaskRow): number =>
  usage ? usage.inputTokens + usage.outputTokens : (live?.tokens ?? 0)

/** Milliseconds that a task ran, or has run so far; null before it starts. */
export const timeTaken = ({ startedAt, finishedAt }: TaskRow, nowMs: number): number | null =>
  startedAt === null ? null : (finishedAt === null ? nowMs : Date.parse(finishedAt)) - Date.parse(startedAt)
