/** No one writes by hand or by program what is deeper; Claude Code's lines have some ten levels. */
const deepest = 200

/**
 * `JSON.parse` for a text that a guest wrote. A few megabytes of brackets take the parser and the collector of garbage many seconds, in
 * which nothing else runs, so what is nested deeper than anybody means is refused before.
 * @throws SyntaxError as `JSON.parse` does, and for too deep a nest.
 */
export function parseGuestJson(text: string): unknown {
  let depth = 0
  let isString = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (isString) {
      if (character === 0x5c) at += 1
      else if (character === 0x22) isString = false
    } else if (character === 0x22) isString = true
    else if (character === 0x5b || character === 0x7b) {
      depth += 1
      if (depth > deepest) throw new SyntaxError(`JSON nested deeper than ${deepest} levels`)
    } else if (character === 0x5d || character === 0x7d) depth -= 1
  }
  return JSON.parse(text)
}

/** The same of one line of a guest's stream; undefined, which no line is, for one that is no JSON: it says nothing. */
export function parseGuestLine(line: string): unknown {
  try {
    return parseGuestJson(line)
  } catch {
    return undefined
  }
}
