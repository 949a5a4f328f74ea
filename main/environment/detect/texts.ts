import { cut } from '../../core/cut.ts'
import { visibleLine } from '../../core/visible-text.ts'

/** What a repository wrote, within a sentence of ours. */
export const shown = (text: string): string => visibleLine(cut(text.trim(), 80))

/** The text of a file's bytes, with plain line ends and no byte order mark; null for what is no text. */
export function decodeText(bytes: Uint8Array): string | null {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  const text = new TextDecoder(encoding).decode(bytes)
  return text.includes('\0') ? null : text.replace(/\r\n?/g, '\n')
}

/** With long runs of blanks shortened: patterns that skip blanks would go through a run as often as it is long. */
export const withShortGaps = (text: string): string =>
  text.replaceAll(/\s{64,}/g, (gap) => (gap.includes('\n') ? '\n' : ' '))

/** The lines without comments and blanks. */
export const plainLines = (text: string, comment = '#'): readonly string[] =>
  text
    .split('\n')
    .map((line) => beforeComment(line, comment).trim())
    .filter((line) => line !== '')

/** A comment begins a line, or follows a blank. */
function beforeComment(line: string, comment: string): string {
  if (line.trimStart().startsWith(comment)) return ''
  const at = [' ', '\t'].map((blank) => line.indexOf(blank + comment)).filter((index) => index >= 0)
  return at.length === 0 ? line : line.slice(0, Math.min(...at))
}

/** The text with comments of C, and those of shells where asked, replaced by a blank; strings are left as they are. One pass. */
export function withoutComments(text: string, { hash = false, slashes = true, quotes = '"' } = {}): string {
  let plain = ''
  let kept = 0
  for (let at = 0; at < text.length; at += 1) {
    const here = text[at] ?? ''
    if (quotes.includes(here)) {
      at = endOfString(text, at, here)
      continue
    }
    const end = endOfComment(text, at, hash, slashes)
    if (end === undefined) continue
    plain += `${text.slice(kept, at)} `
    kept = end
    at = end - 1
  }
  return plain + text.slice(kept)
}

function endOfString(text: string, start: number, quote: string): number {
  let at = start + 1
  while (at < text.length && text[at] !== quote && (text[at] !== '\n' || quote === '`')) at += text[at] === '\\' ? 2 : 1
  return at
}

function endOfComment(text: string, at: number, hash: boolean, slashes: boolean): number | undefined {
  const two = text.slice(at, at + 2)
  if ((hash && text[at] === '#') || (slashes && two === '//')) return orEnd(text, text.indexOf('\n', at))
  if (two !== '/*') return undefined
  const close = text.indexOf('*/', at + 2)
  return close < 0 ? text.length : close + 2
}

const orEnd = (text: string, at: number): number => (at < 0 ? text.length : at)

/** JSON as editors write it, with comments and final commas. @throws where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // With comments it may be none of the strict kind; the second try says what is wrong.
    return JSON.parse(withoutFinalCommas(withoutComments(text)))
  }
}

function withoutFinalCommas(text: string): string {
  let plain = ''
  let kept = 0
  let comma = -1
  for (let at = 0; at < text.length; at += 1) {
    const here = text[at] ?? ''
    if (here === '"') at = endOfString(text, at, '"')
    if (here === ',') comma = at
    else if ((here === '}' || here === ']') && comma >= 0) {
      plain += text.slice(kept, comma)
      kept = comma + 1
      comma = -1
    } else if (here.trim() !== '') comma = -1
  }
  return plain + text.slice(kept)
}

/** What lies at the way into a value that may be anything; undefined where it does not go on. */
export function at(value: unknown, ...way: readonly string[]): unknown {
  let here = value
  for (const name of way) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined
    here = (here as Record<string, unknown>)[name]
  }
  return here
}

export function textAt(value: unknown, ...way: readonly string[]): string | undefined {
  const found = at(value, ...way)
  if (typeof found === 'number') return String(found)
  return typeof found === 'string' && found.trim() !== '' ? found.trim() : undefined
}

export function entriesAt(value: unknown, ...way: readonly string[]): readonly (readonly [string, unknown])[] {
  const found = at(value, ...way)
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : []
}

/** The texts of a list, or the one that stands in its place. */
export function textsAt(value: unknown, ...way: readonly string[]): readonly string[] {
  const found = at(value, ...way)
  const list: readonly unknown[] = Array.isArray(found) ? found : [found]
  return list.filter((element): element is string => typeof element === 'string')
}
