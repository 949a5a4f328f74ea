import fc from 'fast-check'
import { expect, test } from 'vitest'
import { screenFilter, screenReset } from '../../../main/lib/guest/screen-filter.ts'

const filtered = (text: string): string => screenFilter()(text)

test.each([
  ['a title', '\x1b]0;t\x07'],
  ['the clipboard', '\x1b]52;c;aa\x1b\\'],
  ['a file', '\x1b]1337;File=:AA\x07'],
  ['a link', '\x1b]8;;http://a\x1b\\'],
  ['a question to the terminal (DECRQSS)', '\x1bP$q"p\x1b\\'],
  ['what passes through tmux', '\x1bPtmux;\x1b\x1b]52;c;aa\x07\x1b\\'],
  ['a picture', '\x1b_Gx\x1b\\'],
  ['a private message', '\x1b^x\x1b\\'],
  ['a string', '\x1bXx\x1b\\'],
  ['the size of the window', '\x1b[21t'],
  ['where the cursor is', '\x1b[6n'],
  ['what the terminal is', '\x1b[c'],
  ['its version', '\x1b[>q'],
  ['whether a mode is on', '\x1b[?1$p'],
  ['a title by a control of eight bits', '\x9d0;t\x9c'],
  ['another keyboard', '\x1b[>1u'],
  ['a mode that reports colours', '\x1b[?2031h'],
  ['the printer', '\x1b[5i'],
  ['a screen of Es', '\x1b#8'],
  ['a level of conformance', '\x1b[61"p'],
  ['a control sequence that never ends', `\x1b[${'1'.repeat(5000)}`],
  ['the answerback', '\x05'],
])('%s does not reach the terminal', (_, sequence) => {
  expect(filtered(`a${sequence}`)).not.toContain('\x1b')
  // Nor in pieces.
  const filter = screenFilter()
  const shown = [...`a${sequence}`].map(filter).join('')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(shown).not.toMatch(/[\x1b\x80-\x9f\x05]/)
  expect(shown.startsWith('a')).toBe(true)
})

test.each([
  '\x1b[31m',
  '\x1b[38;2;1;2;3m',
  '\x1b[2J',
  '\x1b[?1049h',
  '\x1b[10;20H',
  '\x1b[?25l',
  '\x1b(0',
  '\x1b[1;24r',
  '\x1b7',
  '\x1b[4 q',
  'é✓🦊',
  '\r\n\t\b',
  screenReset,
])('%j goes through, in one piece and in many', (sequence) => {
  expect(filtered(sequence)).toBe(sequence)
  expect([...sequence].map(screenFilter()).join('')).toBe(sequence)
})

test('a full reset becomes an empty screen, and of modes those that are known stay', () => {
  expect(filtered('\x1bc')).toBe('\x1b[!p\x1b[H\x1b[2J')
  expect(filtered('\x1b[?25;2031;1049h')).toBe('\x1b[?25;1049h')
})

test('every mode that a program can set is one that the reset names', () => {
  const saved = '\x1b[?1048h'
  const settable = Array.from({ length: 3000 }, (_, number) => [`\x1b[${number}h`, `\x1b[?${number}h`])
    .flat()
    .filter((sequence) => filtered(sequence) !== '' && sequence !== saved)
  expect(settable).toEqual(expect.arrayContaining(['\x1b[4h', '\x1b[20h', '\x1b[?1015h', '\x1b[?2026h']))
  for (const sequence of settable) {
    const isOn = sequence === '\x1b[?7h' || sequence === '\x1b[?25h'
    expect(screenReset).toContain(isOn ? sequence : sequence.replace(/h$/, 'l'))
  }
  // A soft reset turns wrapping off on some terminals.
  expect(screenReset.lastIndexOf('\x1b[?7h')).toBeGreaterThan(screenReset.indexOf('\x1b[!p'))
})

test('modes that begin as the user chose are not for a program to set', () => {
  expect(filtered('\x1b[?12h\x1b[?1007l')).toBe('')
})

/** Whatever is shown consists of text, harmless controls, and sequences of the list. */
const allowed =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /^(?:[\x20-\x7e\x07-\x0f\xa0-\u{10ffff}]|\x1b\[[0-9;:]*[@A-MPSTXZ`a-hlmrsu]|\x1b\[\?[0-9;]*[hlJK]|\x1b\[[0-9;:]* q|\x1b\[[0-9;:]*!p|\x1b[()*+][0AB]|\x1b[78DEHM=>])*$/u

test('whatever a guest sends, in whatever pieces, nothing but the list comes out', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      '\x1b',
      '\x1b[',
      '\x1b]',
      '\x1bP',
      '\x9b',
      '\x9d',
      '?',
      '>',
      '6n',
      '0;',
      'c',
      't',
      '\x07',
      '\x1b\\',
      '$',
      ' q',
      'h',
      'm',
    ),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const shown = parts.map(screenFilter()).join('')
      expect(shown).toMatch(allowed)
    }),
    { numRuns: 500 },
  )
})
