import { expect, test } from 'vitest'
import { readsAsMarkdown } from '../../renderer/parts/text/reads-as-markdown.ts'

test.each([
  ['plain words stay plain', 'The first attempt is counted twice.\nI mend it.', false],
  ['a list', 'Done:\n- one\n- two', true],
  ['an entity', 'a &#x202E; b', true],
  ['a table', '| a | b |\n| --- | --- |', true],
  ['a rule of many dashes', `a\n${'-'.repeat(80)}\nb`, true],
  ['a few quotes in each other', '> > > and so on', true],
  ['quotes of which a parser takes seconds', '>'.repeat(8_000), false],
  ['the same on a later line', `fine\n${'> '.repeat(4_000)}`, false],
  ['lists in each other on one line', '- '.repeat(4_000), false],
  ['numbered ones', '1. '.repeat(100), false],
  ['links of which it takes seconds', '['.repeat(4_000) + ']'.repeat(4_000), false],
  ['a table of which it takes half a minute', `|a|\n|-|\n${'a\n'.repeat(30_000)}`, false],
  ['emphasis of which it takes a second', '_*'.repeat(4_000), false],
])('%s', (_title, text, expected) => {
  expect(readsAsMarkdown(text)).toBe(expected)
})

test('lines of nothing are looked at once', () => {
  const began = performance.now()
  expect(readsAsMarkdown(`a${'\n'.repeat(9_990)}b`)).toBe(false)
  expect(performance.now() - began).toBeLessThan(50)
})
