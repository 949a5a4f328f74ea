import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type Architecture, hostArchitecture as hostImage } from '../../../main/machines/image/inputs.ts'
import type { Architecture as QemuArchitecture } from '../../../main/machines/qemu/arguments.ts'

/** Of the guests of this run: the host's own, or the one that `npm run test:arm64` names. */
export const guestArchitecture = (): Architecture => (process.env.GUEST_ARCHITECTURE === 'arm64' ? 'arm64' : hostImage)

export const qemuName: Readonly<Record<Architecture, QemuArchitecture>> = { x64: 'x86_64', arm64: 'aarch64' }

/** The processor that a kernel is for, by the magic number of ARM's boot protocol. */
export function kernelArchitecture(path: string): QemuArchitecture {
  const file = openSync(path, 'r')
  try {
    const magic = Buffer.alloc(4)
    if (!fstatSync(file).isFile()) throw new Error(`${path} is no kernel`)
    readSync(file, magic, 0, 4, 56)
    return magic.toString('latin1') === 'ARMd' ? 'aarch64' : 'x86_64'
  } finally {
    closeSync(file)
  }
}
