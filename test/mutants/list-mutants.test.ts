import { expect, test } from 'vitest'
import { listMutants } from './list-mutants.ts'

const changes = (source: string) => listMutants('some.ts', source).map(({ before, after }) => `${before} → ${after}`)

test.each([
  ['a === b', [' ===  →  !== ']],
  ['const most: 1 | 2 = 3', ['3 → (3 + 1)']],
  ['let isOn: true = false as never', ['false → true']],
  ['if (!a) go()', ['!a → !(!a)', '!a → !!a', 'go() → ;']],
  ['const f = (x: number): number => x', ['x → undefined']],
  ['function f() { return a ?? b }', ['a ?? b → undefined', ' ??  →  && ']],
  ['all.some(f) && other', [' &&  →  || ', 'some → every']],
  ["import { a } from 'true'\ntype One = 1\ninterface Two { readonly a: 2 }\nconst o = { 1: 'text' }", []],
])('the mutants of %s', (source, expected) => {
  expect(changes(source)).toEqual(expected)
})

test('a mutant is the whole source with one change, and knows its line', () => {
  expect(listMutants('some.ts', 'const a = 1\nconst b = true\n')[1]).toEqual({
    line: 2,
    before: 'true',
    after: 'false',
    source: 'const a = 1\nconst b = false\n',
  })
})
