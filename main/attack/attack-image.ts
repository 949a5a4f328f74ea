import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cpio } from '../lib/files/cpio.ts'
import type { GuestImage } from '../machines/guest-image.ts'

/** The name, in the share, of the script that runs in the task runner's place. */
export const attackScript = 'attack.sh'

/**
 * The real guest, taken over before its first act: a second archive on the initial RAM disk puts a runner of ours into the place of
 * the task runner. It has root's rights and obeys `attack.sh` in the share. With `naiveParameters` it boots no further than the RAM disk
 * and runs `probe` there, then reboots.
 * @param folder receives the changed RAM disk; the image itself stays as it is.
 */
export async function attackImage(image: GuestImage, probe: string, folder: string): Promise<GuestImage> {
  const initrd = join(folder, 'attack-initrd.img')
  const file = (path: string, text: string) =>
    ({ kind: 'file', path, mode: 0o755, content: Buffer.from(text) }) as const
  const added = cpio([
    file('attack-init', takeOver),
    file('attack-runner', runner),
    file('naive-init', naiveInit),
    file('probe', probe),
  ])
  await copyFile(image.initrd, initrd)
  await writeFile(initrd, added, { flag: 'a' })
  return { ...image, initrd, kernelParameters: [...image.kernelParameters, 'rdinit=/attack-init'] }
}

/** For `attackImage`: a guest that is nothing but the probe. The last word on the command line counts. */
export const naiveParameters = ({ kernelParameters }: GuestImage): readonly string[] => [
  ...kernelParameters,
  'rdinit=/naive-init',
]

/** What a naive machine says that boots for the second time. */
export const again = 'red team: booted again'

const takeOver = `#!/bin/busybox sh
/bin/busybox sed 's|^exec /bin/busybox switch_root|cp /attack-runner /new/usr/lib/microvm/task-runner.sh; &|' /init >/hostile-init
exec /bin/busybox sh /hostile-init
`

const runner = `#!/bin/bash
cp /workspace/${attackScript} /run/${attackScript} && exec bash /run/${attackScript}
`

const naiveInit = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
read -r modules </modules/order
for module in $modules; do insmod /modules/$module.ko; done
exec </dev/null >/dev/hvc0 2>&1
mkdir -p /workspace /tmp
mount -t virtiofs share /workspace
[ -e /workspace/booted ] && echo '${again}' && poweroff -f
sh /probe
: >/workspace/booted
sync
reboot -f
`
