import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const builtPackageSchema = z.object({ package: z.string(), integrity: z.string().startsWith('sha512-') })
const npmPackageSchema = builtPackageSchema.extend({ version: z.string() })

const pinsSchema = z.object({
  suite: z.string(),
  mirror: z.url(),
  /** Seconds since 1970; the date of every file in the image. */
  sourceDateEpoch: z.int().positive(),
  claude: z.object({ version: z.string(), x64: builtPackageSchema, arm64: builtPackageSchema }),
  /** For the guest's own Node, which Debian has without it. */
  npm: npmPackageSchema,
  /** What builds and starts dev containers. */
  devcontainers: npmPackageSchema,
})

export type NpmPackage = z.infer<typeof npmPackageSchema>
export type Architecture = 'x64' | 'arm64'
export const hostArchitecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64'

/** Everything that an image is made of. */
export interface ImageInputs {
  /** Twenty hexadecimal digits over all of it: equal inputs, equal key. */
  readonly key: string
  readonly architecture: Architecture
  /** The folder of the build script. */
  readonly scripts: string
  readonly kernelParameters: readonly string[]
  readonly pins: z.infer<typeof pinsSchema>
}

/** Relative to the folder `nix`. */
const inputFiles = [
  'task-runner.sh',
  'last-act.sh',
  'become-claude.sh',
  'dev-container.sh',
  'compose.sh',
  'inbox.sh',
  'ahead.sh',
  'forwards.sh',
  'clock.sh',
  'attach.sh',
  'attach.pl',
  'flake-files.pl',
  'debian/build-image.sh',
  'debian/customize-root.sh',
  'debian/dhcp',
  'debian/init',
  'debian/initrd-init',
  'debian/packages.txt',
  'debian/pins.json',
  'debian/prepared-store.sh',
  'debian/restore.pl',
]

/** What costs time at each start and does nothing in a virtual machine is left out; a panic ends QEMU. */
const everywhere = [
  ...['console=hvc0', 'quiet', 'loglevel=0', 'mitigations=off', 'rcupdate.rcu_expedited=1', 'raid=noautodetect'],
  ...['cryptomgr.notests', 'net.ifnames=0', 'audit=0', 'random.trust_cpu=on', 'panic=-1'],
]
const kernelParametersOf: Readonly<Record<Architecture, readonly string[]>> = {
  x64: [...everywhere, 'tsc=reliable', 'no_timer_check', 'i8042.noaux=1', 'i8042.nokbd=1', 'reboot=t'],
  arm64: everywhere,
}

/** @param folder the checkout's or the installed package's `nix`. */
export async function readImageInputs(folder: string, architecture: Architecture): Promise<ImageInputs> {
  const kernelParameters = kernelParametersOf[architecture]
  const hash = createHash('sha256').update(JSON.stringify({ architecture, kernelParameters }))
  for (const name of inputFiles) {
    const content = await readFile(join(folder, name))
    hash.update(`\0${name}\0${content.length}\0`).update(content)
  }
  const pins = pinsSchema.parse(JSON.parse(await readFile(join(folder, 'debian/pins.json'), 'utf8')))
  const key = hash.digest('hex').slice(0, 20)
  return { key, architecture, scripts: join(folder, 'debian'), kernelParameters, pins }
}
