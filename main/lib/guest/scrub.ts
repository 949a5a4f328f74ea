import { Transform } from 'node:stream'

const replacement = Buffer.from('[key removed]')

/** The bytes with every occurrence of the secret replaced. */
export function scrub(bytes: Buffer, secret: string): Buffer {
  const needle = Buffer.from(secret)
  if (needle.length === 0) return bytes
  const parts: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, from)) {
    parts.push(bytes.subarray(from, at), replacement)
    from = at + needle.length
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)])
}

/** `scrub` for a text. */
export const scrubText = (text: string, secret: string): string =>
  secret === '' ? text : text.replaceAll(secret, () => replacement.toString())

/** The bytes with every occurrence of the secrets blotted out by as many asterisks: what lies behind stays where it is. */
export function mask(bytes: Buffer, secrets: readonly string[]): Buffer {
  let masked = bytes
  for (const secret of secrets) {
    const needle = Buffer.from(secret)
    if (needle.length === 0) continue
    for (let at = masked.indexOf(needle); at >= 0; at = masked.indexOf(needle, at + needle.length)) {
      if (masked === bytes) masked = Buffer.from(bytes)
      masked.fill('*', at, at + needle.length)
    }
  }
  return masked
}

/** `scrub` for a stream: finds the secret across chunk borders too, and holds back no more bytes than the secret is long. */
export function scrubbing(secret: string): Transform {
  const overlap = Math.max(Buffer.byteLength(secret) - 1, 0)
  let held: Buffer = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const clean = scrub(Buffer.concat([held, chunk]), secret)
      const keep = Math.min(overlap, clean.length)
      held = clean.subarray(clean.length - keep)
      done(null, clean.subarray(0, clean.length - keep))
    },
    flush(done) {
      done(null, held)
    },
  })
}
