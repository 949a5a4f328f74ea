import { expect, test } from 'vitest'
import { offersMove } from '../../../main/desktop/install/offers-move.ts'

const downloaded = { platform: 'darwin', isPackaged: true, isInApplications: false, isDeclined: false } as const

test('a packed app on a Mac that lies elsewhere asks to be moved, until the user says no', () => {
  expect(offersMove(downloaded)).toBe(true)
  expect(offersMove({ ...downloaded, isDeclined: true })).toBe(false)
  expect(offersMove({ ...downloaded, isInApplications: true })).toBe(false)
})

test('a checkout and an app for Linux never ask', () => {
  expect(offersMove({ ...downloaded, isPackaged: false })).toBe(false)
  expect(offersMove({ ...downloaded, platform: 'linux' })).toBe(false)
})
