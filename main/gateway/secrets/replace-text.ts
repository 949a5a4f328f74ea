import { Transform } from 'node:stream'

/** A text and what stands in its place. */
export type Replacement = readonly [text: string, by: string]

/** In a value that is there as a whole. */
export function replaceIn(text: string, replacements: readonly Replacement[]): string {
  const { done, rest } = replaceWhole(text, replacements)
  return done + rest
}

/**
 * In what passes, however it is cut into pieces. Held back is only what may be the beginning of one of the texts, so that an answer
 * that comes line by line arrives so.
 */
export function replacing(replacements: readonly Replacement[]): Transform {
  let held = ''
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // One character for each byte: what is no text passes as it is.
      const replaced = replaceWhole(held + chunk.toString('latin1'), replacements)
      const open = beginningAt(replaced.rest, replacements)
      held = replaced.rest.slice(open)
      done(null, Buffer.from(replaced.done + replaced.rest.slice(0, open), 'latin1'))
    },
    flush(done) {
      done(null, Buffer.from(held, 'latin1'))
    },
  })
}

/** Up to the end of the last text that is there as a whole, and what follows it. */
function replaceWhole(text: string, replacements: readonly Replacement[]) {
  let [done, rest] = ['', text]
  for (let found = firstOf(rest, replacements); found; found = firstOf(rest, replacements)) {
    const { at, replacement } = found
    done += rest.slice(0, at) + replacement[1]
    rest = rest.slice(at + replacement[0].length)
  }
  return { done, rest }
}

/** The first of the texts, and of those that begin at one place the longest. */
function firstOf(text: string, replacements: readonly Replacement[]) {
  let first: { readonly at: number; readonly replacement: Replacement } | undefined
  for (const replacement of replacements) {
    const at = text.indexOf(replacement[0])
    if (at < 0 || (first && at > first.at)) continue
    if (first && at === first.at && replacement[0].length <= first.replacement[0].length) continue
    first = { at, replacement }
  }
  return first
}

/** Where the end of the text may be the beginning of one that is looked for; its length where there is no such place. */
function beginningAt(text: string, replacements: readonly Replacement[]): number {
  let open = text.length
  for (const [sought] of replacements)
    for (let at = Math.max(0, text.length - sought.length + 1); at < open; at++)
      if (sought.startsWith(text.slice(at))) open = at
  return open
}
