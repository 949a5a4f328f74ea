import { expect, test } from 'vitest'
import { signingSettings, unsignedNote } from '../../packaging/signing.ts'

test('an app that is packed on a Mac is signed ad hoc after its fuses were set, and elsewhere nothing calls codesign', () => {
  expect(signingSettings('darwin')).toEqual(['-c.electronFuses.resetAdHocDarwinSignature=true'])
  expect(signingSettings('linux')).toEqual([])
})

test.each([
  ['linux', ['--mac', '--dir'], true],
  ['linux', ['-m'], true],
  ['linux', ['--linux'], false],
  ['darwin', ['--mac'], false],
] as const)('packing on %s with %j is told to be unsigned: %s', (platform, args, isTold) => {
  expect(unsignedNote(platform, args)?.includes('codesign --sign -') ?? false).toBe(isTold)
})
