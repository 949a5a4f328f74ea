import type { Hook } from '../../core/hook.ts'
import type { LoggedEvent } from '../../tasks/events/logged-event.ts'
import { hookKindOf } from './hook-message.ts'

/** What one hook has been told, is to be told, and was told in vain. */
export interface DeliveryRecord {
  /** Of the hook that it is of: one that is added anew under the name begins anew. */
  readonly added: string
  /** Events up to here were looked at. */
  readonly cursor: number
  readonly open: readonly OpenDelivery[]
  /** The newest that were given up. */
  readonly lost: readonly { readonly seq: number; readonly at: string; readonly reason: string }[]
  /** Why it is told nothing more; null while it is. */
  readonly gone: string | null
}

export interface OpenDelivery {
  readonly seq: number
  /** How often it was tried in vain. */
  readonly tries: number
  /** The next try; ISO 8601, UTC. */
  readonly next: string
  /** Why the last try failed. */
  readonly reason: string | null
}

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** How long after each failure the next try comes; after the last one the event is given up, 28 hours after it happened. */
export const retryMs = [
  5 * secondMs,
  30 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  10 * hourMs,
]

const mostOpen = 500
const lostKept = 20

export const firstRecord = ({ added }: Pick<Hook, 'added'>): DeliveryRecord => ({
  ...{ added, cursor: 0, open: [], lost: [], gone: null },
})

/**
 * Takes up what happened since, as far as there is room: a receiver that is away for long has the rest wait in the log. Pure.
 * @param events those after the record's cursor, oldest first.
 */
export function takeUp(hook: Hook, record: DeliveryRecord, events: readonly LoggedEvent[], now: Date): DeliveryRecord {
  if (record.gone !== null) return record
  const open = [...record.open]
  let { cursor } = record
  for (const event of events) {
    if (open.length >= mostOpen) break
    cursor = event.seq
    if (!isOf(hook, event)) continue
    open.push({ seq: event.seq, tries: 0, next: now.toISOString(), reason: null })
  }
  return cursor === record.cursor ? record : { ...record, cursor, open }
}

const isOf = ({ on, repositories, added }: Hook, event: LoggedEvent): boolean =>
  event.at >= added && on.includes(hookKindOf(event)) && (repositories === null || repositories.includes(event.repo))

/** Pure. */
export const isDue = ({ next }: OpenDelivery, now: Date): boolean => Date.parse(next) <= now.getTime()

export const delivered = (record: DeliveryRecord, seq: number): DeliveryRecord => ({
  ...record,
  open: record.open.filter((each) => each.seq !== seq),
})

/** Has the event tried again later, or given up. Pure. */
export function failed(
  record: DeliveryRecord,
  seq: number,
  { reason, notBeforeMs = 0 }: { readonly reason: string; readonly notBeforeMs?: number },
  now: Date,
  pauses: readonly number[] = retryMs,
): DeliveryRecord {
  const tried = record.open.find((each) => each.seq === seq)
  const pauseMs = tried && pauses[tried.tries]
  if (tried === undefined || pauseMs === undefined) return lost(record, seq, reason, now)
  const next = new Date(now.getTime() + Math.max(pauseMs, notBeforeMs)).toISOString()
  const again = { seq, tries: tried.tries + 1, next, reason }
  return { ...record, open: record.open.map((each) => (each.seq === seq ? again : each)) }
}

/** Pure. */
export function lost(record: DeliveryRecord, seq: number, reason: string, now: Date): DeliveryRecord {
  const entry = { seq, at: now.toISOString(), reason }
  return { ...delivered(record, seq), lost: [...record.lost, entry].slice(-lostKept) }
}

/** Nothing more is to be told, and what was still to be is lost. Pure. */
export const gone = (record: DeliveryRecord, reason: string, now: Date): DeliveryRecord => ({
  ...record.open.reduce((left, { seq }) => lost(left, seq, reason, now), record),
  gone: reason,
})
