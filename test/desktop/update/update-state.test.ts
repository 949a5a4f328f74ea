import { expect, test } from 'vitest'
import { answerToUser, updateEntry } from '../../../main/desktop/update/update-state.ts'

test('the menus offer what can be done about an update, and nothing where the app does not update itself', () => {
  expect(updateEntry(undefined)).toBeUndefined()
  expect(updateEntry({ kind: 'asking' })).toMatchObject({ kind: 'text' })
  expect(updateEntry({ kind: 'fetching', version: '0.2.0' })).toEqual({
    kind: 'text',
    label: 'Fetching Version 0.2.0…',
  })
  expect(updateEntry({ kind: 'ready', version: '0.2.0' })).toMatchObject({
    label: 'Restart to Update to 0.2.0',
    action: { kind: 'install-update' },
  })
  for (const kind of ['unknown', 'newest'] as const)
    expect(updateEntry({ kind })).toMatchObject({ action: { kind: 'check-for-updates' } })
  expect(updateEntry({ kind: 'failed', reason: 'No network' })).toMatchObject({
    action: { kind: 'check-for-updates' },
  })
})

test('a user who asked is answered where no notification does it', () => {
  expect(answerToUser({ kind: 'newest' }, '0.1.0')?.detail).toContain('0.1.0')
  expect(answerToUser({ kind: 'failed', reason: 'No network' }, '0.1.0')?.detail).toBe('No network')
  expect(answerToUser({ kind: 'ready', version: '0.2.0' }, '0.1.0')).toBeUndefined()
})
