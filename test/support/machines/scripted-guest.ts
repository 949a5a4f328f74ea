import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attackImage, attackScript } from '../../../main/attack/attack-image.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import type { Log } from '../../../main/lib/log.ts'
import type { MachineDriver, MachineSpec } from '../../../main/machines/driver.ts'
import type { GuestImage } from '../../../main/machines/guest-image.ts'
import { createQemuDriver } from '../../../main/machines/qemu/driver.ts'
import { temporaryFolder } from '../temporary.ts'

/** The real guest with a script of the test in the task runner's place, in a folder of its own, which its templates of memory lie in. */
export const scriptedGuest = async (image: GuestImage, directory: string): Promise<GuestImage> => ({
  ...(await attackImage(image, '', directory)),
  directory,
})

export const restoringDriver = (image: GuestImage, log: Log): MachineDriver =>
  createQemuDriver({ image: async () => image, cacheDirectory: cacheDirectory(), log, restore: () => true })

let count = 0

/** A machine whose guest runs the script as root, with the console as its output, and powers off. */
export async function scriptedSpec(
  driver: MachineDriver,
  script: string,
  network: Partial<MachineSpec['network']> = {},
): Promise<MachineSpec & { readonly share: string; readonly repo: string }> {
  const folder = await temporaryFolder()
  const [share, repo, image] = [join(folder, 'share'), join(folder, 'repo'), join(folder, 'var.img')]
  await mkdir(share)
  await mkdir(repo)
  await writeFile(join(share, attackScript), `exec </dev/null >/dev/hvc0 2>&1\n${script}\n`)
  await writeFile(image, '')
  await truncate(image, 64 << 20)
  await driver.prepareOwnership([share, repo, image], AbortSignal.timeout(10_000))
  return {
    name: `scripted-${process.pid}-${++count}`,
    cpus: 1,
    memoryMiB: 1024,
    shares: [
      { tag: 'share', directory: share },
      { tag: 'repo', directory: repo },
    ],
    volumes: [{ serial: 'var', path: image }],
    owner: folder,
    consolePath: join(folder, 'serial.log'),
    network: { egress: 'closed', forwards: [], mac: '02:4d:56:00:00:01', ...network },
    share,
    repo,
  }
}
