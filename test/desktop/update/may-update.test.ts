import { expect, test } from 'vitest'
import { type Installed, mayUpdate } from '../../../main/desktop/update/may-update.ts'

const mac: Installed = {
  ...{ platform: 'darwin', isPackaged: true, hasFeed: true, isInApplications: true, appImage: undefined },
}
const linux: Installed = { ...mac, platform: 'linux', isInApplications: false, appImage: '/home/ada/app.AppImage' }

test.each<[string, Installed, boolean]>([
  ['in the Applications folder of a Mac', mac, true],
  ['as an AppImage', linux, true],
  ['on a disk image', { ...mac, isInApplications: false }, false],
  ['as a package of the system', { ...linux, appImage: undefined }, false],
  ['in a checkout', { ...mac, isPackaged: false }, false],
  ['packed from a checkout, which knows no releases', { ...linux, hasFeed: false }, false],
  ['on another system', { ...linux, platform: 'win32' }, false],
])('%s the app updates itself: %#', (_where, installed, may) => {
  expect(mayUpdate(installed)).toBe(may)
})
