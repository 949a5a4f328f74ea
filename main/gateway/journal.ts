import { writeSync } from 'node:fs'
import type { NetworkEvent, NetworkVerdict } from '../core/network/gateway.ts'

type Line<Event extends NetworkEvent> = Event extends unknown ? Omit<Event, 'at'> : never

/** A line as it is handed in: the journal has the clock, and says itself when it is full. */
export type JournalEntry = Exclude<Line<NetworkEvent>, { verdict: 'full' }>

/** Writes down what a guest reached and was refused. */
export interface Journal {
  add(entry: JournalEntry): void
}

/** A line is some 350 bytes at most, so a guest that floods its log gets to 17 MB. */
const linesOf: Readonly<Record<NetworkVerdict, number>> = {
  reached: 10_000,
  ended: 10_000,
  api: 10_000,
  secret: 10_000,
  refused: 5_000,
  failed: 2_000,
}

/**
 * A journal that appends to an open file. Each verdict has lines of its own, so that a flood of refusals cannot hide what was
 * reached; the last line of one says that it is full.
 */
export function fileJournal(file: number, limits: Readonly<Record<NetworkVerdict, number>> = linesOf): Journal {
  const left = { ...limits }
  const write = (event: Line<NetworkEvent>) =>
    writeSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`)
  return {
    add(entry) {
      if (left[entry.verdict] === 0) return
      left[entry.verdict] -= 1
      write(left[entry.verdict] === 0 ? { verdict: 'full', of: entry.verdict } : entry)
    },
  }
}

/** Of a host that could not be understood: what of it can be written down. */
export const printableHost = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?').slice(0, 253)
