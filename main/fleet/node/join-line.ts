import { type Duplex, duplexPair } from 'node:stream'
import type { Dials } from '../dials.ts'

/**
 * Joins a channel of the link to the line of a machine, which is opened for it. Where there is none, the channel ends at once. When either is closed, so is
 * the other.
 */
export function joinLine(dials: Dials, channel: number, open: (signal: AbortSignal) => Promise<Duplex>): void {
  const [near, far] = duplexPair()
  const gone = new AbortController()
  const close = (): void => {
    gone.abort()
    near.destroy()
    far.destroy()
  }
  near.on('error', () => undefined) // `close` follows.
  for (const end of [near, far]) end.once('close', close)
  near.once('end', close) // Home ends a line as a whole.
  // What home says before the line is open waits for it.
  dials.add(channel, far)
  open(gone.signal).then((line) => {
    line.on('error', () => undefined).once('close', close)
    if (gone.signal.aborted) return void line.destroy()
    gone.signal.addEventListener('abort', () => line.destroy(), { once: true })
    near.pipe(line)
    line.pipe(near)
  }, close)
}
