import { expect, test } from 'vitest'
import { failureCodes } from '../../main/core/failure.ts'
import { unmergedReasons } from '../../main/core/merge/merge.ts'
import { codesIn, readPage, tableRows } from '../support/docs/pages.ts'

const documented = (page: string, header: string) =>
  tableRows(readPage(page), header).flatMap(([first = '']) => codesIn(first))

test('every code of a failure is explained, and no other', () => {
  expect(documented('troubleshooting.md', 'code')).toEqual(failureCodes)
})

test('every reason why work is not merged is explained, and no other', () => {
  expect(documented('merge-and-review.md', '`reason`').toSorted()).toEqual(unmergedReasons.toSorted())
})
