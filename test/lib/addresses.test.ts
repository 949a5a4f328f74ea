import { expect, test } from 'vitest'
import { inUrl, isLoopback, isWildcard } from '../../main/lib/addresses.ts'

test.each(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
  '%s is this host alone',
  (address) => {
    expect(isLoopback(address)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '::',
  '192.0.2.1',
  '128.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  'localhost',
  '127.0.0.1.evil.example',
  '',
])('%j is not this host alone', (address) => {
  expect(isLoopback(address)).toBe(false)
})

test('the addresses that stand for all are told from others', () => {
  expect(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::0'].filter(isWildcard)).toHaveLength(4)
  expect(['10.0.0.0', '::1', '1::', '127.0.0.1'].filter(isWildcard)).toEqual([])
})

test('a URL has an IPv6 address in brackets', () => {
  expect([inUrl('::1'), inUrl('127.0.0.1')]).toEqual(['[::1]', '127.0.0.1'])
})
