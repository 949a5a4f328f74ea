/**
 * Text that others wrote, for a person or a model to read: characters that are not seen, or that change how others are seen, are made
 * visible (`⟪U+202E⟫`) or taken out. Control, format and tag characters, marks of direction, joiners and fillers of no width, variation
 * selectors, separators of lines, half surrogates. Line breaks and tabs stay. Letters that only look like others are no concern of this.
 */
const hidden = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu
/** Format characters that are seen: signs of Arabic, Syriac and Kaithi that stand before numbers. */
const seen = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u
/** One emoji of several characters is what it looks like, whatever joins its parts. */
const emoji =
  /\p{RI}{2}|[\d#*]\ufe0f\u20e3|\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{EMod}?(?:\u200d\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{EMod}?)*/gu

/** A mark, as `visibleText` writes it. */
export const markPattern = /⟪U\+[0-9A-F]{4,6}⟫/

/** Text that is visible already stays as it is. */
export const visibleText = (text: string): string => (isPlain(text) ? text : mapHidden(text, markOf))

/** A text from elsewhere, with what only looks like a mark in it marked itself: two names that differ are never shown alike. */
export const withoutMarks = (text: string): string => text.replace(/⟪(?=U\+)/g, markOf)

/** Only what is no control character is marked: for text that goes through a filter of the terminal's own sequences. */
export const visibleFormat = (text: string): string =>
  isPlain(text) ? text : mapHidden(text, (found) => (/\p{Cc}/u.test(found) ? found : markOf(found)))

/** As `visibleText` for what must be one line: a line break or tab is marked too. */
export const visibleLine = (text: string): string => visibleText(text).replace(/[\n\t]/g, markOf)

export const withoutHidden = (text: string): string => (isPlain(text) ? text : mapHidden(text, () => ''))

/** Whether a mark would be needed. */
export const hasHidden = (text: string): boolean => !isPlain(text) && mapHidden(text, () => '') !== text

/** Nearly all lines of code: a quick look says that there is nothing to do. */
const isPlain = (text: string): boolean => /^[\t\n\x20-\x7e]*$/.test(text)

function mapHidden(text: string, replace: (character: string) => string): string {
  let mapped = ''
  let at = 0
  const map = (part: string) => part.replace(hidden, (found) => (seen.test(found) ? found : replace(found)))
  for (const { 0: whole, index } of text.matchAll(emoji)) {
    mapped += map(text.slice(at, index)) + whole
    at = index + whole.length
  }
  return mapped + map(text.slice(at))
}

function markOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `⟪U+${code}⟫`
}
