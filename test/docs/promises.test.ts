import { expect, test } from 'vitest'
import { allAttacks } from '../../main/attack/catalog/all.ts'
import { codesIn, readPage, tableRows } from '../support/docs/pages.ts'

const rows = tableRows(readPage('network-and-security.md'), 'promise')

test('every rule that an attack would break is a promise of the page', () => {
  const promises = rows.map(([promise = '']) => promise.toLowerCase())
  const rules = new Set(allAttacks.map(({ rule }) => rule.toLowerCase()))
  expect([...rules].filter((rule) => !promises.includes(rule))).toEqual([])
})

test('every attack that the page names is in the catalogue, under that promise', () => {
  for (const [promise = '', , attacks = ''] of rows) {
    for (const named of codesIn(attacks)) {
      const pattern = new RegExp(`^${named.replaceAll('*', '.*')}$`)
      const found = allAttacks.filter(({ name }) => pattern.test(name))
      expect(
        found.map(({ name }) => name),
        `${promise}: ${named}`,
      ).not.toEqual([])
    }
  }
})
