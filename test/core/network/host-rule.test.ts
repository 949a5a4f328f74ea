import { describe, expect, test } from 'vitest'
import { egressWord, parseEgress } from '../../../main/core/network/egress.ts'
import {
  canonicalHost,
  formatHostRule,
  isListed,
  parseDestination,
  parseHostRule,
} from '../../../main/core/network/host-rule.ts'

const rulesOf = (...texts: string[]) =>
  texts.map((text) => {
    const rule = parseHostRule(text)
    if (typeof rule === 'string') throw new Error(rule)
    return rule
  })
const lists = (rules: string[], target: string): boolean => {
  const destination = parseDestination(target)
  return destination !== undefined && isListed(rulesOf(...rules), destination)
}

test.each([
  ['GitHub.COM.', 'github.com'],
  ['*.NPMjs.org', '*.npmjs.org'],
  ['github.com:22', 'github.com:22'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['0x7f.1', '127.0.0.1'],
  ['203.0.113.7:8080', '203.0.113.7:8080'],
  ['[2001:DB8:0::7]:443', '[2001:db8::7]:443'],
  ['  spaced.example ', 'spaced.example'],
])('%j is the rule %j', (text, rule) => {
  const parsed = parseHostRule(text)
  expect(typeof parsed === 'string' ? parsed : formatHostRule(parsed)).toBe(rule)
})

test.each([
  ...['', '*', '*.', '*.com', '*.*.example.com', 'a.*.example', '*example.com', '*.10.0.0.1', '*.113.7', '*.[::1]'],
  ...['https://github.com', 'github.com/path', 'user@github.com', 'a b', 'a\tb', 'a%2eb', 'a..b', '-a.b', 'a\\b'],
  ...[
    'github.com:',
    'github.com:0',
    'github.com:65536',
    'github.com:x',
    'github.com:1:2',
    '::1',
    '[::1',
    '[fe80::1%25eth0]',
  ],
  `${'a.'.repeat(127)}aa`,
  `${'a'.repeat(64)}.example`,
])('%j is no rule, and the text says why', (text) => {
  expect(parseHostRule(text)).toEqual(expect.stringContaining('"'))
})

describe('a list', () => {
  test('of a name means that name on the ports of the web, in every spelling of it', () => {
    const rules = ['github.com']
    for (const target of ['github.com:443', 'GITHUB.com:80', 'github.com.:443']) expect(lists(rules, target)).toBe(true)
    for (const target of [
      ...['github.com:22', 'api.github.com:443', 'notgithub.com:443', 'github.com.evil.example:443', 'github.co:443'],
      ...[
        'github.com',
        'github.com:443:443',
        'x@github.com:443',
        'github.com:443/',
        'github.com\0:443',
        'github.com%2e:443',
      ],
    ])
      expect(lists(rules, target), target).toBe(false)
  })

  test('of *.NAME means what is below it at any depth, and not the name itself', () => {
    const rules = ['*.npmjs.org']
    expect(lists(rules, 'registry.npmjs.org:443')).toBe(true)
    expect(lists(rules, 'a.b.npmjs.org:443')).toBe(true)
    expect(lists(rules, 'npmjs.org:443')).toBe(false)
    expect(lists(rules, 'evilnpmjs.org:443')).toBe(false)
  })

  test('with a port means that port alone', () => {
    expect(lists(['github.com:22'], 'github.com:22')).toBe(true)
    expect(lists(['github.com:22'], 'github.com:443')).toBe(false)
  })

  test('lets an address through only where that address is listed, however it is written', () => {
    expect(lists(['203.0.113.7'], '203.0.113.7:443')).toBe(true)
    expect(lists(['203.0.113.7'], '0xcb.0.0x71.7:443')).toBe(true)
    expect(lists(['203.0.113.7'], '[::ffff:203.0.113.7]:443')).toBe(false)
    expect(lists(['[2001:db8::7]'], '[2001:db8:0:0::7]:443')).toBe(true)
    expect(lists(['*.example.com', 'example.com'], '203.0.113.7:443')).toBe(false)
  })
})

test('no text makes a host that holds anything but letters, digits, dots, hyphens, underscores and colons', () => {
  const parts = [
    'a',
    '.',
    '-',
    '_',
    '%',
    '@',
    '/',
    '\\',
    '?',
    '#',
    ':',
    '[',
    ']',
    ' ',
    '\0',
    '\n',
    'ü',
    '。',
    '１',
    '\u00ad',
    '\u200d',
  ]
  for (const first of parts)
    for (const second of parts)
      for (const third of parts) {
        const host = canonicalHost(`x${first}${second}${third}y`)
        if (host !== undefined) expect(host).toMatch(/^[a-z0-9._:-]+$/)
      }
})

test('a policy stands in a file as one word or a list of rules, each once and in one spelling', () => {
  expect(parseEgress('closed')).toEqual({ kind: 'closed' })
  const policy = parseEgress(['GitHub.com', 'github.com.', '*.npmjs.org'])
  expect(policy).toEqual({ kind: 'hosts', hosts: ['github.com', '*.npmjs.org'] })
  if (typeof policy === 'object') expect(egressWord(policy)).toEqual(['github.com', '*.npmjs.org'])
  expect(parseEgress([])).toContain('closed')
  expect(parseEgress(['github.com', '*.com'])).toContain('"*.com"')
  expect(parseEgress(Array.from({ length: 201 }, (_, index) => `h${index}.example`))).toContain('200')
})
