import { Transform } from 'node:stream'

/** Holds what passes back until all of it is there, and lets through what becomes of it; fails where it is longer than `mostBytes`. */
export function changingWhole(change: (text: string) => string, mostBytes: number): Transform {
  const pieces: Buffer[] = []
  let held = 0
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      held += piece.length
      pieces.push(piece)
      done(held > mostBytes ? new Error('This answer is too long to be changed') : null)
    },
    flush(done) {
      try {
        done(null, change(Buffer.concat(pieces).toString('utf8')))
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
}
