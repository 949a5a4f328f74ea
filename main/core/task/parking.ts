import type { Failure } from '../failure.ts'
import { unreachable } from '../unreachable.ts'
import type { AgentUsage, Fork, Parking, Task } from './task.ts'

/** Why an agent came to a stop that is none of its own making. What a guest says: it decides only when its own task goes on. */
export type Interruption =
  /** `resetsAt` in ms since the epoch; null when the API did not say, as with an API key. */
  { readonly kind: 'usage-limit'; readonly resetsAt: number | null } | { readonly kind: 'api-unavailable' }

const minuteMs = 60_000
/** Some longer than the longest limit there is, a week's. */
const longestMs = 8 * 24 * 60 * minuteMs
/** Clocks differ: a moment early would find the limit still there. */
const resetMarginMs = 15_000
/** Where no one says when; the last one is repeated. */
const usageDelaysMs = [5, 15, 30, 60].map((minutes) => minutes * minuteMs)
const outageDelaysMs = [1, 2, 5, 10, 30, 60].map((minutes) => minutes * minuteMs)
/** A guest that only says that it is interrupted does not go on for ever. */
const mostParkings = 50

/**
 * What becomes of a task whose agent was interrupted: it is parked until then, or null, and it fails. An API that was never reached is
 * a wrong address sooner than an outage, and one that stays away for two hours is given up. `now` in ms since the epoch. Pure.
 */
export function parkingOf(
  interruption: Interruption,
  usage: AgentUsage | null,
  earlier: readonly Parking[],
  now: number,
  marginMs = resetMarginMs,
): Parking | null {
  if (sinceContinued(earlier) >= mostParkings) return null
  const park = (afterMs: number, reason: Failure): Parking => ({
    reason,
    until: new Date(now + afterMs).toISOString(),
    usage,
  })
  switch (interruption.kind) {
    case 'usage-limit': {
      const tried = inARow(earlier, 'usage-limit')
      const { resetsAt } = interruption
      const afterMs = resetsAt === null ? delay(usageDelaysMs, tried) : resetsAt - now + marginMs
      return park(Math.min(longestMs, Math.max(marginMs, afterMs)), {
        code: 'usage-limit',
        message: "Claude's usage limit is reached",
        hint: 'The task goes on by itself; cancel it to have what is done so far',
      })
    }
    case 'api-unavailable': {
      const tried = inARow(earlier, 'api-unavailable')
      if (tried >= outageDelaysMs.length || (usage?.outputTokens ?? 0) === 0) return null
      return park(delay(outageDelaysMs, tried), {
        code: 'api-unavailable',
        message: 'The API cannot be reached',
        hint: 'The task goes on by itself; cancel it to have what is done so far',
      })
    }
    default:
      return unreachable(interruption)
  }
}

/** Of several agents of one task. Claude Code tells the cost of a resumed session from its beginning, all else of its own run (measured with 2.1.330). */
export function totalUsage(earlier: AgentUsage | null, latest: AgentUsage | null): AgentUsage | null {
  if (!earlier || !latest) return latest ?? earlier
  const sameSession = earlier.sessionId !== null && earlier.sessionId === latest.sessionId
  return {
    costUsd: sameSession ? Math.max(earlier.costUsd, latest.costUsd) : earlier.costUsd + latest.costUsd,
    inputTokens: earlier.inputTokens + latest.inputTokens,
    outputTokens: earlier.outputTokens + latest.outputTokens,
    turns: earlier.turns + latest.turns,
    sessionId: latest.sessionId,
    ...((latest.model ?? earlier.model) !== undefined && { model: latest.model ?? earlier.model }),
  }
}

/** What the agent of a fork took itself, without what the session had cost that it copied. Pure. */
export function withoutOriginal(usage: AgentUsage | null, fork: Fork | undefined): AgentUsage | null {
  if (usage === null || fork === undefined || usage.sessionId !== fork.copy) return usage
  return { ...usage, costUsd: Math.max(0, usage.costUsd - fork.costUsd) }
}

/**
 * What the session with which a task ended has cost by Claude Code's own count, which is from the session's beginning. Null where no session is
 * known. Pure.
 */
export function sessionOf(
  task: Pick<Task, 'result' | 'parkings'> & Pick<Partial<Task>, 'fork'>,
): { readonly id: string; readonly costUsd: number } | null {
  const usage = usageSoFar(task)
  if (usage?.sessionId == null) return null
  const { sessionId, costUsd } = usage
  const before = task.parkings.findLast((parking) => parking.usage !== null && parking.usage.sessionId !== sessionId)
  const original = sessionId === task.fork?.copy ? task.fork.costUsd : 0
  return { id: sessionId, costUsd: costUsd - (before?.usage?.costUsd ?? 0) + original }
}

/** What all agents of a task took so far, and with it the session that the next one resumes. Pure. */
export const usageSoFar = ({ result, parkings }: Pick<Task, 'result' | 'parkings'>): AgentUsage | null =>
  result?.usage ?? parkings.at(-1)?.usage ?? null

const delay = (delays: readonly number[], tried: number): number =>
  delays[Math.min(tried, delays.length - 1)] ?? minuteMs

/** How often it was parked since a person or a client last had it go on. */
const sinceContinued = (earlier: readonly Parking[]): number =>
  earlier.length - 1 - earlier.findLastIndex(({ text }) => text !== undefined)

/** How often it was parked for this, since it was last parked for anything else. */
const inARow = (earlier: readonly Parking[], code: Failure['code']): number =>
  earlier.length - 1 - earlier.findLastIndex(({ reason }) => reason.code !== code)
