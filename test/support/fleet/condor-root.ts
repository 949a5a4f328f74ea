import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../main/core/failure.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { hostAptConfiguration, hostMirror, sourcesOf } from '../../fresh/host-configuration.ts'

/** The first Debian that has HTCondor. */
const suite = 'trixie'
/** HTCondor, its way into a job, and what a node needs for a task. */
const packages = [
  ...['condor', 'openssh-client', 'openssh-server', 'iproute2', 'procps', 'git', 'ca-certificates'],
  ...['qemu-system-x86', 'qemu-utils', 'virtiofsd', 'passt', 'uidmap', 'socat'],
]

const key = createHash('sha256')
  .update([suite, ...packages].join(' '))
  .digest('hex')
  .slice(0, 16)
const folder = `${cacheDirectory()}-places`
const path = join(folder, key)

/** The root file system of a Debian with HTCondor, as `makeCondorRoot` left it. */
export function condorRoot(): string {
  if (existsSync(path)) return path
  throw new AppError('host-incomplete', 'The pool of HTCondor is not there for its tests', {
    hint: 'As root, run: npm run test:places',
  })
}

/** Makes it where it is missing, as root; half a minute and half a gigabyte. */
export async function makeCondorRoot(signal: AbortSignal): Promise<void> {
  if (existsSync(path)) return
  await mkdir(folder, { recursive: true })
  const making = await mkdtemp(join(folder, 'making-'))
  try {
    const options = ['APT::Install-Recommends "false"', ...(await hostAptConfiguration()).split('\n').filter(Boolean)]
    await runOrThrow(
      'mmdebstrap',
      [
        ...['--variant=apt', '--mode=root', ...options.map((option) => `--aptopt=${option}`)],
        ...[`--include=${packages.join(',')}`, suite, join(making, 'root'), '-'],
      ],
      { input: sourcesOf(suite, await hostMirror()) },
      signal,
    )
    await rename(join(making, 'root'), path) // Whole or not there.
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}
