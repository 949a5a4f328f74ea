import { expect, test } from 'vitest'
import { pageNames, readPage, tableRows } from '../support/docs/pages.ts'

const decisionPattern = /^## (\d+)\. (.+)\n\n\*(\d{4}-\d\d-\d\d) · (accepted|replaced by \d+)\*\n/
const files = pageNames().filter((name) => name.startsWith('decisions/') && name !== 'decisions/README.md')

/** The sections of a file of decisions. @throws for one without number, date or status. */
function decisionsIn(file: string, text: string) {
  return text
    .split(/^(?=## )/m)
    .filter((section) => section.startsWith('## '))
    .map((section) => {
      const [, number, title = '', date = ''] = decisionPattern.exec(section) ?? []
      if (number === undefined) throw new Error(`${file}: no number, date or status: ${section.split('\n', 1)[0]}`)
      return { number: Number(number), title, date, file: file.replace('decisions/', '') }
    })
}

const decisions = files.flatMap((file) => decisionsIn(file, readPage(file))).toSorted((a, b) => a.number - b.number)

test('a decision without number, date or status is refused', () => {
  expect(() => decisionsIn('x.md', '## A choice\n\nBecause.\n')).toThrow('x.md: no number, date or status: ## A choice')
})

test('decisions are numbered from 1 on, with none left out and none twice', () => {
  expect(decisions.map(({ number }) => number)).toEqual(decisions.map((_, index) => index + 1))
})

test('the index has each decision, with its file and date', () => {
  const rows = tableRows(readPage('decisions/README.md'), 'number').map(([number, link = '', , date]) => {
    const [, title, file] = /^\[(.+)\]\(([^#)]+)#/.exec(link) ?? []
    return { number: Number(number), title, date, file }
  })
  expect(rows).toEqual(decisions)
})
