import { Transform } from 'node:stream'

/** Members of JSON that hold a token (RFC 6749, 5.1, and https://distribution.github.io/distribution/spec/auth/token/). */
const member = /"(?:access_|refresh_)?token"\s{0,64}:\s{0,64}"/
/** What may be the beginning of one. */
const open = /"(?:[a-z_]{0,13}|(?:access_|refresh_)?token"\s{0,64}(?::\s{0,64})?)$/
const inString = /^[^"\\]*(?:\\.[^"\\]*)*/s

/** Makes the value of each such member unreadable, at its length, in what passes, however it is cut into pieces. */
export function coveringTokens(): Transform {
  let [held, isInValue] = ['', false]
  const covered = (text: string): string => {
    let [done, rest] = ['', text]
    for (;;) {
      if (isInValue) {
        const { length } = inString.exec(rest)?.[0] ?? ''
        done += '*'.repeat(length)
        rest = rest.slice(length)
        if (!rest.startsWith('"')) break // All of it, or a backslash whose letter is still to come.
        isInValue = false
      }
      const found = member.exec(rest)
      const end = found ? found.index + found[0].length : (open.exec(rest)?.index ?? rest.length)
      done += rest.slice(0, end)
      rest = rest.slice(end)
      if (!found) break
      isInValue = true
    }
    held = rest
    return done
  }
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      // One character for each byte: what is no text passes as it is.
      done(null, Buffer.from(covered(held + piece.toString('latin1')), 'latin1'))
    },
    flush(done) {
      done(null, Buffer.from(isInValue ? '*'.repeat(held.length) : held, 'latin1'))
    },
  })
}
