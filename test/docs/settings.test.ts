import { expect, test } from 'vitest'
import { readSettings } from '../../main/settings/settings.ts'
import { codesIn, pageNames, readPage, tableRows } from '../support/docs/pages.ts'
import { temporaryFolder } from '../support/temporary.ts'

const rows = tableRows(readPage('settings.md'), 'key')

test('the page has every setting once, with its default, and no others', async () => {
  const defaults = readSettings(await temporaryFolder())
  const documented = Object.fromEntries(rows.map(([key = '', value]) => [codesIn(key)[0], value]))
  expect(rows).toHaveLength(Object.keys(defaults).length)
  expect(documented).toEqual({
    ...Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, `\`${JSON.stringify(value)}\``])),
    cpus: 'four at most', // of this host's processors
  })
})

test('a setting that another page names exists', () => {
  const keys = new Set(rows.map(([key = '']) => codesIn(key)[0]))
  const named = pageNames().flatMap((name) =>
    codesIn(readPage(name)).flatMap((code) => /^([a-z]+(?:[A-Z][A-Za-z]*)+): /.exec(code)?.[1] ?? []),
  )
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((name) => !keys.has(name))).toEqual([])
})
