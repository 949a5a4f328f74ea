import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Privilege } from '../attack.ts'

/** Undefined where the guest could not make it. */
const found = (folder: string, name: string) => lstat(join(folder, name)).catch(() => undefined)
const privilege = { kind: 'privilege', rule: 'helpers have no privileges' } as const

/** Each is first done to a share whose server is root, which is how virtiofsd is often run. */
export const privilegeAttacks: readonly Privilege[] = [
  {
    ...privilege,
    name: 'device-in-the-share',
    tries: 'Makes a device node in its share: the memory of the host, or its disk.',
    guest: 'mknod device c 1 1 || :; mknod disk b 8 0 || :',
    sign: async (folder) => {
      const nodes = await Promise.all(['device', 'disk'].map((name) => found(folder, name)))
      return nodes.some((node) => node?.isCharacterDevice() || node?.isBlockDevice())
        ? 'a device node is on the host'
        : undefined
    },
  },
  {
    ...privilege,
    name: 'file-of-root',
    tries: "Makes a file in its share that belongs to the host's root.",
    guest: 'echo x >of-root; chown 0:0 of-root',
    sign: async (folder) => {
      const file = await found(folder, 'of-root')
      return file?.uid === 0 ? "a file of the host's root is on the host" : undefined
    },
  },
  {
    ...privilege,
    name: 'program-that-becomes-root',
    tries: "Makes a program in its share that runs as the host's root, whoever starts it.",
    guest: 'cp /bin/busybox su; chown 0:0 su; chmod 4755 su',
    sign: async (folder) => {
      const file = await found(folder, 'su')
      return file && file.uid === 0 && (file.mode & 0o4000) !== 0
        ? 'a setuid program of root is on the host'
        : undefined
    },
  },
]
