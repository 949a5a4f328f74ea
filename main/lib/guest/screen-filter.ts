/**
 * What a program in a guest may do on the user's own terminal, while the user has it before them: print, move, colour, erase, scroll, change to the
 * other screen, ask for the mouse. Everything else is left out: what sets titles, the clipboard or links (OSC), carries pictures or passes through to
 * another program (DCS, APC, PM, SOS), resizes or moves the window, and what has the terminal type an answer (CSI c, n, t, x, DECRQM, XTVERSION).
 * Sequences are those of ECMA-48 and of xterm's `ctlseqs`.
 * @returns a function that holds state from piece to piece, so that a sequence in two pieces is known, too.
 */
export function screenFilter(): (piece: string) => string {
  let state: State = 'text'
  let held = ''
  return (piece) => {
    let shown = ''
    for (let at = 0; at < piece.length; ) {
      if (state === 'text') {
        const run = runFrom(piece, at)
        shown += run
        at += run.length
        if (at >= piece.length) break
      }
      const code = piece.codePointAt(at) ?? 0
      const character = String.fromCodePoint(code)
      at += character.length
      const next = step(state, held, character, code)
      state = next.state
      held = next.held
      shown += next.shown
    }
    return shown
  }
}

/** Where in a sequence the text stands. */
type State = 'text' | 'escape' | 'charset' | 'control' | 'string' | 'string-escape'

interface Step {
  readonly state: State
  /** What of the sequence has come, where it may yet be shown. */
  readonly held: string
  readonly shown: string
}

const longestControl = 64
const bell = 0x07
const cancel = 0x18
const substitute = 0x1a
const escapeCode = 0x1b

/** Controls from the bell to shift-in, which are what lines are made of. */
const isHarmless = (code: number): boolean =>
  (code >= bell && code <= 0x0f) || (code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code <= 0x9f))

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is let through.
const plainRun = /[\x20-\x7e\xa0-\ud7ff\ue000-\uffff\x07-\x0f]+|\x1b\[[0-9;]*m/y

/** What most of the output is: text and colours. */
function runFrom(piece: string, at: number): string {
  let end = at
  for (;;) {
    plainRun.lastIndex = end
    if (!plainRun.test(piece)) return piece.slice(at, end)
    end = plainRun.lastIndex
  }
}

const text = (shown = ''): Step => ({ state: 'text', held: '', shown })
const begin = (): Step => ({ state: 'escape', held: '\x1b', shown: '' })

function step(state: State, held: string, character: string, code: number): Step {
  // A control of eight bits begins nothing here, and ends whatever has begun.
  if (code >= 0x80 && code <= 0x9f) return text()
  if (state !== 'string' && state !== 'string-escape' && code === escapeCode) return begin()
  switch (state) {
    case 'text':
      return text(isHarmless(code) ? character : '')
    case 'escape':
      return afterEscape(held, character, code)
    case 'charset':
      return text(held.length === 2 && '0AB'.includes(character) ? held + character : '')
    case 'control':
      if (code === cancel || code === substitute) return text()
      if (code >= 0x40 && code <= 0x7e) return text(control(held + character))
      return { state, held: held.length < longestControl && code >= 0x20 ? held + character : held, shown: '' }
    case 'string':
      if (code === bell || code === cancel || code === substitute) return text()
      return { state: code === escapeCode ? 'string-escape' : 'string', held: '', shown: '' }
    case 'string-escape':
      if (character === '\\') return text()
      return { state: code === escapeCode ? 'string-escape' : 'string', held: '', shown: '' }
  }
}

function afterEscape(held: string, character: string, code: number): Step {
  if (character === '[') return { state: 'control', held: held + character, shown: '' }
  if (']PX^_'.includes(character)) return { state: 'string', held: '', shown: '' }
  if ('()*+'.includes(character)) return { state: 'charset', held: held + character, shown: '' }
  if (code >= 0x20 && code <= 0x2f) return { state: 'charset', held: '', shown: '' }
  // A full reset would also forget what the user set: a soft one, and an empty screen.
  if (character === 'c') return text('\x1b[!p\x1b[H\x1b[2J')
  return text('78DEHM=>'.includes(character) ? held + character : '')
}

/** Final characters that only move, erase, scroll, colour, or set margins and modes. */
const finals = '@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu'
/** Modes without a mark that a program may set: to insert, and to begin a line at each line feed. A terminal begins with both off. */
const plainModes = [4, 20]
/**
 * Private modes that a program may set, and what each is when a terminal begins: keys, wrapping, screens, mouse, paste, synchronised output, cursor. None
 * whose beginning is the user's choice, such as a cursor that blinks. 1048 is no state: it saves the cursor, and brings it back.
 */
const modes: ReadonlyMap<number, 'h' | 'l' | null> = new Map([
  ...[1, 4, 6, 45, 47, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047].map((number) => [number, 'l'] as const),
  ...[2004, 2026].map((number) => [number, 'l'] as const),
  [7, 'h'],
  [25, 'h'],
  [1048, null],
  [1049, 'l'],
])

/**
 * Undoes what a program may have left switched on: every mode of the list, shape of the cursor, colours, character set, scroll region. The cursor stays where
 * it is: it is saved first, since to leave the other screen (1049, the last one) brings back what was saved.
 */
export const screenReset = [
  '\x1b7',
  ...plainModes.map((number) => `\x1b[${number}l`),
  ...[...modes].flatMap(([number, initial]) => (initial === null ? [] : [`\x1b[?${number}${initial}`])),
  '\x1b[!p\x1b[?7h\x1b[0 q\x1b[0m\x1b(B\x0f\x1b>',
].join('')

/** A sequence `ESC [ ... FINAL`, as far as it may be shown. */
function control(sequence: string): string {
  const [, mark, numbers = '', intermediate, final = ''] =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one.
    /^\x1b\[([?>=<])?([0-9;:]*)([ !"$'])?(.)$/.exec(sequence) ?? []
  if (final === '' || sequence.length > longestControl) return ''
  if (intermediate !== undefined) {
    const isCursorShape = intermediate === ' ' && final === 'q'
    const isSoftReset = intermediate === '!' && final === 'p'
    return mark === undefined && (isCursorShape || isSoftReset) ? sequence : ''
  }
  if (!finals.includes(final)) return ''
  if (final === 'h' || final === 'l') return mode(mark, numbers, final)
  return mark === undefined || (mark === '?' && (final === 'J' || final === 'K')) ? sequence : ''
}

function mode(mark: string | undefined, numbers: string, final: string): string {
  if (mark === undefined) return plainModes.includes(Number(numbers)) ? `\x1b[${numbers}${final}` : ''
  const known = numbers.split(';').filter((number) => modes.has(Number(number)))
  return mark === '?' && known.length > 0 ? `\x1b[?${known.join(';')}${final}` : ''
}
