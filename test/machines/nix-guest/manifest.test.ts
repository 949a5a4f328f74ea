import { expect, test } from 'vitest'
import { parseManifest } from '../../../main/machines/nix-guest/manifest.ts'
import { fakeStore } from '../../support/machines/fake-nix.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const manifest = async (changes: object) =>
  JSON.stringify({ ...(await fakeStore(await temporaryFolder())), ...changes })

test('a manifest of this version is taken as it is', async () => {
  const text = await manifest({})
  expect(parseManifest(text, '/m')).toEqual(JSON.parse(text))
})

test.each([
  ['an older one', { schemaVersion: 0 }, 'an older version of this program made it'],
  ['a newer one', { schemaVersion: 2, somethingNew: true }, 'a newer version of this program made it'],
  ['one with no version', { schemaVersion: undefined }, 'schemaVersion'],
  ['one with no kernel', { kernel: undefined }, 'kernel'],
  ['one whose kernel has no version', { kernelVersion: 'latest' }, 'kernelVersion'],
  ['one with a path that is none', { storeDisk: 'store.erofs' }, 'absolute path'],
  ['one with a path that vfkit cannot take', { storeDisk: '/nix/store/a,b' }, 'commas'],
  ['one with two parameters in one', { kernelParams: ['quiet init=/bin/sh'] }, 'one word'],
  ['one for another hypervisor', { hypervisor: 'bhyve' }, 'hypervisor'],
  ['one that mounts no clone', { shares: { share: '/workspace' } }, 'repo'],
])('%s is refused with what to do', async (_, changes, why) => {
  const text = await manifest(changes)
  expect(() => parseManifest(text, '/cache/images/key/manifest')).toThrowError(
    expect.objectContaining({
      code: 'image-failed',
      message: expect.stringMatching(
        new RegExp(`^The manifest of the guest at /cache/images/key/manifest cannot be used: .*${why}`),
      ),
      hint: 'Delete its folder: the guest is then built again',
    }),
  )
})

test('one that is cut short is refused', async () => {
  expect(() => parseManifest('{"schemaVersion": 1', '/m')).toThrowError('the file is no JSON')
})
