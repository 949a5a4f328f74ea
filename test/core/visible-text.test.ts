import { expect, test } from 'vitest'
import { modeText } from '../../main/core/merge/file-mode.ts'
import { visibleHunks } from '../../main/core/merge/visible-diff.ts'
import {
  hasHidden,
  visibleFormat,
  visibleLine,
  visibleText,
  withoutHidden,
  withoutMarks,
} from '../../main/core/visible-text.ts'

test.for([
  ['a reversal', 'a\u202eb\u2066c', 'a⟪U+202E⟫b⟪U+2066⟫c'],
  ['no width', 'ad\u200bmin\ufeff\u2060', 'ad⟪U+200B⟫min⟪U+FEFF⟫⟪U+2060⟫'],
  ['tags', 'x\u{e0041}\u{e007f}', 'x⟪U+E0041⟫⟪U+E007F⟫'],
  ['variation selectors that carry bytes', 'x\ufe01\u{e0101}', 'x⟪U+FE01⟫⟪U+E0101⟫'],
  ['a soft hyphen and a filler', 'a\u00adb\u3164c\u2800', 'a⟪U+00AD⟫b⟪U+3164⟫c⟪U+2800⟫'],
  ['controls', 'a\u0000\u001b[31m\u007f\u009b\r', 'a⟪U+0000⟫⟪U+001B⟫[31m⟪U+007F⟫⟪U+009B⟫⟪U+000D⟫'],
  ['other ends of lines', 'a\u2028b\u2029c\u0085', 'a⟪U+2028⟫b⟪U+2029⟫c⟪U+0085⟫'],
  ['half a character', 'a\ud83d', 'a⟪U+D83D⟫'],
  ['a joiner between letters', 'pay\u200dpal', 'pay⟪U+200D⟫pal'],
  ['a joiner behind an emoji', '👩\u200dx', '👩⟪U+200D⟫x'],
  ['many selectors behind an emoji', '😀\ufe0f\ufe0f', '😀\ufe0f⟪U+FE0F⟫'],
])('%s is marked, and taken out', ([, text = '', marked = '']) => {
  expect(visibleText(text)).toBe(marked)
  expect(hasHidden(text)).toBe(true)
  expect(hasHidden(withoutHidden(text))).toBe(false)
})

test.for(['plain\n\ttext', 'größe 日本語 \u0600 ٣', '👩‍👩‍👧 ❤️ 🇩🇪 1️⃣ 👍🏽', 'a ⟪ b ⟫', ''])(
  '%j is left as it is',
  (text) => {
    expect(visibleText(text)).toBe(text)
    expect(withoutHidden(text)).toBe(text)
    expect(hasHidden(text)).toBe(false)
  },
)

test('a text that pretends to hold a mark is told from one that does', () => {
  const shown = (text: string) => visibleText(withoutMarks(text))
  expect(shown('⟪U+202E⟫\u200b')).toBe('⟪U+27EA⟫U+202E⟫⟪U+200B⟫')
  expect(shown('a⟪U+202E⟫')).not.toBe(shown('a\u202e'))
  expect(visibleText(visibleText('a\u202e'))).toBe(visibleText('a\u202e'))
})

test('a line has its breaks marked; a filter of the terminal gets its own sequences', () => {
  expect(visibleLine('a\nb\tc')).toBe('a⟪U+000A⟫b⟪U+0009⟫c')
  expect(visibleFormat('a\u001b[1m\u202e')).toBe('a\u001b[1m⟪U+202E⟫')
})

const hunk = (...texts: string[]) => [
  { oldStart: 1, newStart: 1, heading: '', lines: texts.map((text) => ({ kind: '+' as const, text })) },
]
const textsOf = ({ hunks }: ReturnType<typeof visibleHunks>) =>
  hunks.flatMap(({ lines }) => lines.map((line) => line.text))

test('returns at the ends of all lines are usual, at some they are a difference', () => {
  expect(visibleHunks(hunk('a\r', 'b\r'))).toEqual({ hunks: hunk('a', 'b'), hidden: false })
  const mixed = visibleHunks(hunk('a\r', 'a'))
  expect(textsOf(mixed)).toEqual(['a⟪U+000D⟫', 'a'])
  expect(mixed.hidden).toBe(true)
  expect(visibleHunks(hunk('if (a) { //\u202e }')).hidden).toBe(true)
})

test.for([
  ['100644', '100755', 'mode 644 → 755'],
  ['100755', '100644', 'mode 755 → 644'],
  ['000000', '100755', 'new, executable'],
  ['000000', '120000', 'link'],
  ['120000', '120000', 'link'],
  ['120000', '000000', 'link'],
  ['100644', '120000', 'file → link'],
  ['000000', '160000', 'submodule'],
  ['160000', '160000', 'submodule'],
  ['120000', '160000', 'link → submodule'],
  ['100644', '100644', null],
  ['000000', '100644', null],
  ['100755', '000000', null],
] as const)('from %s to %s: %s', ([before, after, text]) => {
  expect(modeText(before, after)).toBe(text)
})
