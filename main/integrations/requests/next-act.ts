import type { RequestRecord } from '../../core/pull-request.ts'

/** What is to be done for a task at its forge. */
export type RequestAct =
  /** Its commit goes onto the branch there, and a request is opened where none is. */
  | 'bring'
  /** What became of its request is asked. */
  | 'look'
  /** It was merged there: where the user's own branch has it, it waits here no longer. */
  | 'settle'
  /** Nothing now, and it is looked at again. */
  | 'wait'
  /** Nothing more, until the task itself changes. */
  | 'rest'

/**
 * Pure.
 * @param work the commit that waits for a review; null where none does.
 * @param now in ms since the epoch.
 */
export function nextAct(record: RequestRecord | null, work: string | null, now: number): RequestAct {
  const act = wished(record, work)
  const notBefore = record?.notBefore ? Date.parse(record.notBefore) : now
  return act !== 'rest' && now < notBefore ? 'wait' : act
}

function wished(record: RequestRecord | null, work: string | null): Exclude<RequestAct, 'wait'> {
  const request = record?.request ?? null
  const isNew = work !== null && work !== record?.brought
  if (request === null) return work === null ? 'rest' : 'bring'
  if (isNew) return 'bring'
  if (request.state === 'open') return 'look'
  return request.state === 'merged' && work !== null ? 'settle' : 'rest'
}

/** Of those that a forge has for the branch, the one that is this work's own; an earlier one that is over is not. Pure. */
export function ownRequest<Seen extends { readonly number: number; readonly state: string; readonly commit: string }>(
  found: readonly Seen[],
  { commit, after }: { readonly commit: string; readonly after: number },
): Seen | undefined {
  const later = found.filter(({ number }) => number > after)
  return later.find(({ state }) => state === 'open') ?? later.find((each) => each.commit === commit)
}

const minuteMs = 60_000

/** How long after each failure the next try comes; after the last one it stays at that. */
export const pausesMs: readonly number[] = [minuteMs, 2 * minuteMs, 5 * minuteMs, 15 * minuteMs, 60 * minuteMs]

/** The record after a try that came to nothing. Pure. */
export function failed(
  record: RequestRecord,
  { problem, notBefore }: { readonly problem: string; readonly notBefore: number | null },
  now: number,
  pauses: readonly number[] = pausesMs,
): RequestRecord {
  const pause = pauses[Math.min(record.tries, pauses.length - 1)] ?? minuteMs
  const next = Math.max(now + pause, notBefore ?? 0)
  return { ...record, problem, tries: record.tries + 1, notBefore: new Date(next).toISOString() }
}

/** The record after a try that went well. Pure. */
export const succeeded = (record: RequestRecord): RequestRecord => ({
  ...record,
  problem: null,
  tries: 0,
  notBefore: null,
})
