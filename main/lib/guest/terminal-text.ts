/**
 * Makes text that others wrote safe for the user's terminal: control sequences, control characters and marks that reorder text
 * are left out; tabs and line breaks stay, a lone carriage return becomes a line break. Holds state from call to call, so a sequence that is split
 * over two chunks is left out too.
 */
export function terminalTextFilter(): (chunk: string) => string {
  let state: State = 'text'
  let stringLength = 0
  return (chunk) => {
    let safe = ''
    for (const character of chunk) {
      if (state === 'return') {
        state = 'text'
        safe += '\n'
        if (character === '\n') continue
      }
      if (state === 'string') stringLength += 1
      const next = step(state, character)
      if (next === 'string' && state !== 'string') stringLength = 0
      // A string that never ends must not swallow the rest of the log.
      state = next === 'string' && stringLength > longestString ? 'text' : next
      if (next === 'text+') {
        state = 'text'
        safe += character
      }
    }
    return safe
  }
}

/** The same for a text that must stay on one line. */
export function singleLineText(text: string): string {
  return terminalTextFilter()(text)
    .replace(/[\n\t]+/g, ' ')
    .trim()
}

/** Where in a control sequence the text stands (ECMA-48); `text+` shows the character. */
type State = 'text' | 'text+' | 'return' | 'escape' | 'intermediate' | 'control' | 'string' | 'string-escape'

const longestString = 4096

function step(state: State, character: string): State {
  const code = character.codePointAt(0) ?? 0
  switch (state) {
    case 'escape':
      if (character === '[') return 'control'
      if (']PX^_'.includes(character)) return 'string'
      if (code >= 0x20 && code <= 0x2f) return 'intermediate'
      return code >= 0x30 && code <= 0x7e ? 'text' : plain(character, code)
    case 'intermediate':
      if (code >= 0x20 && code <= 0x2f) return 'intermediate'
      return code >= 0x30 && code <= 0x7e ? 'text' : plain(character, code)
    case 'control':
      if (code >= 0x20 && code <= 0x3f) return 'control'
      return code >= 0x40 && code <= 0x7e ? 'text' : plain(character, code)
    case 'string':
      if (code === 0x07 || code === 0x9c) return 'text'
      if (code === 0x1b) return 'string-escape'
      return character === '\n' ? 'text+' : 'string'
    case 'string-escape':
      return character === '\\' ? 'text' : step('escape', character)
    default:
      return plain(character, code)
  }
}

function plain(character: string, code: number): State {
  if (character === '\n' || character === '\t') return 'text+'
  if (character === '\r') return 'return'
  if (code === 0x1b) return 'escape'
  if (code === 0x9b) return 'control'
  if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) return 'string'
  const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f)
  const reorders =
    (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0x200e || code === 0x200f
  return isControl || reorders ? 'text' : 'text+'
}
