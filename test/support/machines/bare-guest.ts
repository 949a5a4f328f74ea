import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { type CpioEntry, cpio } from '../../../main/lib/files/cpio.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import type { GuestImage } from '../../../main/machines/guest-image.ts'
import { unpackDebianPackages } from '../../../main/machines/qemu/debian-tools.ts'
import { guestArchitecture } from './guest-architecture.ts'

/** Raised when what the folder holds changes, so that an older one in the cache is not taken. */
const revision = 5
const kernelVersion = '6.12'

/** In the order in which they must be loaded. */
const modules = [
  ...['failover', 'net_failover', 'virtio_net', 'virtio_blk', 'rng-core', 'virtio-rng'],
  ...['button', 'gpio_keys', 'evdev', 'pvpanic', 'pvpanic-pci'],
]

/** By Debian's names. ARM's power button is a key on a GPIO line, whose driver the kernel for clouds lacks. */
const debian = guestArchitecture() === 'arm64' ? 'arm64' : 'amd64'
const metaPackage = debian === 'arm64' ? 'linux-image-arm64' : 'linux-image-cloud-amd64'

/**
 * A guest as small as it gets: Debian's cloud kernel and a RAM disk with busybox. Its init mounts the shares, sets up the
 * network as the kernel command line says, runs `run.sh` from the tag `share` with the console as its output, and powers off.
 * With `bareParameters` it prints one line instead and powers off: the floor under every boot time.
 */
export async function bareGuest(signal: AbortSignal): Promise<GuestImage> {
  const directory = join(cacheDirectory(), 'images', `bare-${kernelVersion}-${debian}-${revision}`)
  const image: GuestImage = {
    directory,
    kernel: join(directory, 'vmlinux'),
    initrd: join(directory, 'initrd.img'),
    root: join(directory, 'root.raw'),
    kernelParameters,
    claudeVersion: 'none',
    key: `bare-${revision}`,
  }
  const present: readonly string[] = await readdir(directory).catch(() => [])
  if (!present.includes('root.raw')) await build(directory, signal)
  return image
}

const kernelParameters = [
  ...['console=hvc0', 'quiet', 'loglevel=1', 'tsc=reliable', 'no_timer_check', 'mitigations=off', 'nokaslr'],
  ...['rcupdate.rcu_expedited=1', 'cryptomgr.notests', 'i8042.noaux=1', 'i8042.nokbd=1', 'net.ifnames=0', 'audit=0'],
  ...['random.trust_cpu=on', 'reboot=t', 'panic=-1'],
]

async function build(directory: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 })
  const work = await mkdtemp(`${directory}.`)
  try {
    const packages = join(work, 'packages')
    const kernel = await kernelPackage(signal)
    await unpackDebianPackages({ names: [kernel, 'busybox-static'], architecture: debian }, packages, signal)
    const compressed = (await readdir(join(packages, 'boot'))).find((name) => name.startsWith('vmlinuz-'))
    if (compressed === undefined) throw new Error(`${kernel} holds no kernel`)
    await writeFile(join(work, 'vmlinux'), uncompressedKernel(await readFile(join(packages, 'boot', compressed))))
    await writeFile(join(work, 'initrd.img'), cpio(await initialRamDisk(packages, signal)))
    await rm(packages, { recursive: true })
    await writeFile(join(work, 'root.raw'), '')
    await truncate(join(work, 'root.raw'), 1 << 20)
    await runOrThrow('chmod', ['-R', 'a+rX', work])
    await rename(work, directory)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The package that the cloud kernel's meta package points to. */
async function kernelPackage(signal: AbortSignal): Promise<string> {
  const work = await mkdtemp('/tmp/microvm-bare-')
  try {
    const meta = join(work, 'meta')
    await unpackDebianPackages({ names: [metaPackage], architecture: debian }, meta, signal)
    const documents = await readdir(join(meta, 'usr/share/doc'), { recursive: true, withFileTypes: true })
    const link = documents.find((entry) => entry.isSymbolicLink())
    if (link === undefined) throw new Error('The meta package of the cloud kernel names no kernel')
    const { stdout } = await runOrThrow('readlink', [join(link.parentPath, link.name)])
    return stdout.trim()
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The ELF kernel inside a zstd-compressed bzImage; ARM's is an Image as it is. */
function uncompressedKernel(bzImage: Buffer): Buffer {
  if (bzImage.toString('latin1', 56, 60) === 'ARMd') return bzImage
  const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
  for (let at = bzImage.indexOf(magic); at !== -1; at = bzImage.indexOf(magic, at + 1)) {
    try {
      const kernel = zstdDecompressSync(bzImage.subarray(at))
      if (kernel.toString('latin1', 1, 4) === 'ELF') return kernel
    } catch {
      // These four bytes were not the kernel's beginning: look for the next.
    }
  }
  throw new Error('No kernel compressed with zstd in this file')
}

async function initialRamDisk(packages: string, signal: AbortSignal): Promise<readonly CpioEntry[]> {
  const files = await readdir(join(packages, 'usr/lib/modules'), { recursive: true, withFileTypes: true })
  const entries: CpioEntry[] = ['bin', 'dev', 'proc', 'sys', 'm', 'tmp', 'workspace', 'etc'].map((path) => ({
    kind: 'folder',
    path,
  }))
  entries.push({ kind: 'character-device', path: 'dev/console', major: 5, minor: 1 })
  const busybox = await readFile(join(packages, 'usr/bin/busybox'))
  entries.push({ kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox })
  entries.push({ kind: 'link', path: 'bin/sh', target: 'busybox' })
  const users = 'root:x:0:0::/:/bin/sh\nclaude:x:1000:1000::/:/bin/sh\n'
  entries.push({ kind: 'file', path: 'etc/passwd', mode: 0o644, content: Buffer.from(users) })
  const loaded: string[] = []
  for (const module of modules) {
    const file = files.find((entry) => entry.name === `${module}.ko.xz`)
    if (file === undefined) continue // Built in.
    await runOrThrow(join(packages, 'usr/bin/busybox'), ['unxz', join(file.parentPath, file.name)], {}, signal)
    const content = await readFile(join(file.parentPath, `${module}.ko`))
    entries.push({ kind: 'file', path: `m/${module}.ko`, mode: 0o644, content })
    loaded.push(module)
  }
  const init = initScript(loaded)
  entries.push({ kind: 'file', path: 'init', mode: 0o755, content: Buffer.from(init) })
  entries.push({ kind: 'file', path: 'bare', mode: 0o755, content: Buffer.from(bareScript) })
  return entries
}

const bareScript = `#!/bin/sh
/bin/busybox mount -t proc proc /proc
read -r up rest </proc/uptime
echo "microvm: bare init up=$up"
/bin/busybox poweroff -f
`

const initScript = (loaded: readonly string[]): string => `#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
exec </dev/null >/dev/hvc0 2>&1
for module in ${loaded.join(' ')}; do insmod /m/$module.ko; done
for word in $(cat /proc/cmdline); do
  case $word in
    microvm.eth*)
      interface=\${word%%=*}; interface=\${interface#microvm.}; IFS=, read -r address gateway dns <<EOF
\${word#*=}
EOF
      ip link set "$interface" up; ip addr add "$address" dev "$interface"
      [ -z "$gateway" ] || ip route add default via "$gateway" dev "$interface"
      [ -z "$dns" ] || echo "nameserver $dns" >/etc/resolv.conf ;;
  esac
done
mount -t virtiofs share /workspace
[ -d /workspace/repo ] || mkdir /workspace/repo
mount -t virtiofs repo /workspace/repo 2>/dev/null
for events in /dev/input/event*; do
  (head -c 1 "$events" >/dev/null && echo 'bare: power button' && sync && poweroff -f) &
done
echo "bare: up=$(cut -d' ' -f1 /proc/uptime)"
if [ -f /workspace/run.sh ]; then sh /workspace/run.sh; fi
umount /workspace/repo; umount /workspace
sync
poweroff -f
`
