import { writeAtomically } from '../../lib/files/atomic-file.ts'
import type { Log } from '../../lib/log.ts'
import type { Cursors } from './cursor-file.ts'
import type { LoggedEvent } from './logged-event.ts'

/** So many ends are kept regardless of who has heard them, for replays with `after`. */
export const eventsKept = 10_000

/** What stays in the log: the newest, what some durable consumer has yet to hear, and what no one heard. Pure. */
function eventsToKeep(events: readonly LoggedEvent[], cursors: Cursors, limit: number): readonly LoggedEvent[] {
  const heardByAll = Math.min(cursors.head, ...Object.values(cursors.consumers).map(({ cursor }) => cursor))
  const unheard = new Set(cursors.unheard)
  const newest = Math.max(0, events.length - limit)
  return events.filter(({ seq }, index) => index >= newest || seq > heardByAll || unheard.has(seq))
}

/**
 * Drops old events from the file, by one atomic rewrite, before anybody appends to it. Numbers and cursors stay as they are; that a
 * task's end was told is in its own record.
 */
export async function compactEvents(
  path: string,
  events: readonly LoggedEvent[],
  cursors: Cursors,
  limit: number,
  log: Log,
): Promise<readonly LoggedEvent[]> {
  const kept = eventsToKeep(events, cursors, limit)
  if (kept.length === events.length) return events
  try {
    await writeAtomically(path, kept.map((event) => `${JSON.stringify(event)}\n`).join(''))
  } catch (error) {
    log.warn('the event log could not be made smaller', { path, reason: String(error) })
    return events
  }
  log.info('old events left the log', { path, events: events.length - kept.length })
  return kept
}
