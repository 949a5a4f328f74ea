import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { chooseGuest, type GuestChoice } from '../../main/machines/choose-guest.ts'
import { ensureGuestImage } from '../../main/machines/guest-image.ts'
import { debianGuest } from '../../main/machines/image/debian-guest.ts'
import { nixGuest } from '../../main/machines/nix-guest/nix-guest.ts'
import { temporaryFolder } from '../support/temporary.ts'

const folder = join(packageDirectory(), 'nix')
const nixos = await nixGuest({ folder }).key()
const debian = await debianGuest({ folder }).key()

test.for([
  ['darwin', 'auto', true, nixos],
  ['darwin', 'auto', false, debian],
  ['darwin', 'debian', true, debian],
  ['darwin', 'nixos', false, nixos],
  ['linux', 'auto', true, debian],
  ['linux', 'debian', true, debian],
] as const)('on %s with guest "%s", where nix builds NixOS: %s', async ([platform, guest, builds, expected]) => {
  const source = chooseGuest({ guest, guestImage: null }, { platform, buildsNixos: async () => builds })
  expect(await source.key()).toBe(expected)
})

test('auto asks this host once, and only when it is needed', async () => {
  let asked = 0
  const buildsNixos = async () => {
    asked += 1
    return asked > 1
  }
  const source = chooseGuest({ guest: 'auto', guestImage: null }, { platform: 'darwin', buildsNixos })
  expect(asked).toBe(0)
  expect([await source.key(), await source.key(), asked]).toEqual([debian, debian, 1])
})

test('NixOS on Linux is refused in words, by doctor and by a task, and not replaced in silence', async () => {
  const source = chooseGuest({ guest: 'nixos', guestImage: null }, { platform: 'linux' })
  expect(await source.problems()).toMatchObject([
    { code: 'guest-nixos', cure: expect.stringContaining('settings.json') },
  ])
  const options = { cacheDirectory: await temporaryFolder(), onProgress: () => undefined }
  await expect(ensureGuestImage(options, undefined, source)).rejects.toMatchObject({ code: 'host-incomplete' })
})

test('a Mac with a copy that is no release says how it gets a Debian guest, and builds none', async () => {
  const copy = join(await temporaryFolder(), 'nix')
  await cp(folder, copy, { recursive: true })
  const told = async (choice: GuestChoice) => await chooseGuest(choice, { platform: 'darwin', folder: copy }).problems()
  const [none] = await told({ guest: 'debian', guestImage: null })
  expect(none).toMatchObject({ code: 'image-unknown', cure: expect.stringContaining('npm run guest-image') })
  expect(await told({ guest: 'debian', guestImage: 'build' })).toMatchObject([{ code: 'image-unknown' }])
  expect(await told({ guest: 'debian', guestImage: '/images' })).toEqual([])
})
