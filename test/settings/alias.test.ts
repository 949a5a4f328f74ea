import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aliasFor, freeAlias, nearestAlias, validateAlias } from '../../main/settings/alias.ts'

test('the alias made of any folder name is valid', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
      validateAlias(aliasFor(`/projects/${name}`))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['/projects/My Project (2)', 'My-Project-2'],
  ['/projects/.config', 'config'],
  ['/projects/über', 'uber'],
  ['/projects/日本', 'repository'],
  ['/', 'repository'],
  ['/projects/-x', 'x'],
  ['/projects/api.v2_old-', 'api.v2_old'],
])('the folder %s becomes the alias %s', (path, alias) => {
  expect(aliasFor(path)).toBe(alias)
})

test.each(['', '-x', '.x', '..', 'a b', 'a/b', 'a\n', 'ä', `${'a'.repeat(65)}`, 'a\0', '../x'])(
  'the alias %j is refused',
  (alias) => {
    expect(() => validateAlias(alias)).toThrow(expect.objectContaining({ code: 'alias-invalid' }))
  },
)

test.each(['a', '__proto__', 'constructor', '0', '_x', 'A.b-c_1', 'a'.repeat(64)])(
  'the alias %s is allowed',
  (alias) => {
    validateAlias(alias)
  },
)

test('a taken alias gets the first free number and stays valid at full length', () => {
  const taken = new Set(['app', 'app-2', 'a'.repeat(64)])
  expect(freeAlias('app', (alias) => taken.has(alias))).toBe('app-3')
  const long = freeAlias('a'.repeat(64), (alias) => taken.has(alias))
  expect(long).toBe(`${'a'.repeat(62)}-2`)
  validateAlias(long)
})

test.each([
  ['forntend', 'frontend'],
  ['FRONTEND', 'frontend'],
  ['front', 'frontend'],
  ['bakend', 'backend'],
  ['zzz', undefined],
  ['', undefined],
])('%j suggests %s', (wanted, suggested) => {
  expect(nearestAlias(wanted, ['backend', 'frontend', 'docs'])).toBe(suggested)
})

test('a text longer than any alias suggests nothing', () => {
  expect(nearestAlias('x'.repeat(100_000), ['x'])).toBeUndefined()
})

test.each([
  ['a letter put in', 'docss', 'docs'],
  ['a letter left out, the first', 'ocs', 'docs'],
  ['neighbours swapped at the start', 'odcs', 'docs'],
  ['neighbours swapped at the end', 'dosc', 'docs'],
  ['two letters of a short name', 'dxxs', undefined],
  ['two letters of six', 'frxnxe', undefined],
  ['two letters of eight', 'frxntexd', 'frontend'],
  ['the beginning alone', 'fr', 'frontend'],
  ['one letter', 'f', undefined],
  ['other capitals', 'DOCS', 'docs'],
])('after %s the alias that was meant is named, where it is near', (_what, wanted, meant) => {
  expect(nearestAlias(wanted, ['backend', 'frontend', 'docs'])).toBe(meant)
})

test('of several that are near the nearest is named', () => {
  expect(nearestAlias('abcdef', ['abcxyf', 'abcdex'])).toBe('abcdex')
})
