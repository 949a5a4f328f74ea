import fc from 'fast-check'
import { expect, test } from 'vitest'
import { singleLineText, terminalTextFilter } from '../../../main/lib/guest/terminal-text.ts'

test.each([
  ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
  ['a title', '\u001b]0;owned\u0007text', 'text'],
  ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a device string', '\u001bP+q544e\u001b\\text', 'text'],
  ['eight-bit controls', '\u009b2Jtext\u009d0;x\u009c!', 'text!'],
  ['a character set', '\u001b(Btext', 'text'],
  ['clipboard access', '\u001b]52;c;aGk=\u0007text', 'text'],
  ['bell, backspace, delete and NUL', 'a\u0007\b\u007f\0b', 'ab'],
  ['line ends of a serial console', 'a\r\nb\rc', 'a\nb\nc'],
  ['marks that reorder text', 'a\u202eb\u2066c', 'abc'],
  ['tabs and letters of all kinds', 'ä\t日本 😀', 'ä\t日本 😀'],
])('%s are left out or kept as text', (_, raw, shown) => {
  expect(terminalTextFilter()(raw)).toBe(shown)
})

const pieces = fc.constantFrom(
  '\u001b',
  '[',
  ']',
  '0;',
  'm',
  '\u0007',
  '\\',
  'P',
  '\n',
  '\r',
  'a',
  ' ',
  '\u009b',
  'ä',
  '(',
)

test('no chunk border lets a control character through or changes the result', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const whole = terminalTextFilter()(`${parts.join('')}\n`)
      const filter = terminalTextFilter()
      expect([...parts, '\n'].map(filter).join('')).toBe(whole)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(whole).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
    }),
    { numRuns: 2000 },
  )
})

test('a string that never ends does not swallow the log', () => {
  const shown = terminalTextFilter()(`\u001b]0;${'x'.repeat(10_000)}end`)
  expect(shown).toMatch(/end$/)
})

test('a text for one line has no line break left', () => {
  expect(singleLineText(' a\r\n\tb\n')).toBe('a b')
})
