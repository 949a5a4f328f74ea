import { expect, test } from 'vitest'
import { parseGuestJson } from '../../../main/lib/guest/guest-json.ts'

test.each(['[1, {"a": "x"}]', '"\\"[[["', '{"a": "\\\\"}', '[[[]], [[]], {}]', 'null'])('%s is what it is', (text) => {
  expect(parseGuestJson(text)).toEqual(JSON.parse(text))
})

test('brackets in strings and beside each other make no depth', () => {
  expect(parseGuestJson(JSON.stringify('['.repeat(5_000)))).toHaveLength(5_000)
  expect(parseGuestJson(`[${'[],'.repeat(5_000)}0]`)).toHaveLength(5_001)
})

test.each(['[', '{"a":'])('a nest of %s that nobody means is refused, whole or torn', (open) => {
  expect(() => parseGuestJson(open.repeat(2_000_000))).toThrow(/nested deeper/)
  const whole = open === '[' ? `${'['.repeat(300)}${']'.repeat(300)}` : `${open.repeat(300)}0${'}'.repeat(300)}`
  expect(() => JSON.parse(whole)).not.toThrow()
  expect(() => parseGuestJson(whole)).toThrow(SyntaxError)
})

test('what is no JSON is refused as by the parser', () => {
  expect(() => parseGuestJson('{"a": 1')).toThrow(SyntaxError)
})
