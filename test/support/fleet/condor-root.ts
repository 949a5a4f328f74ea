import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../main/core/failure.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'

/** The first Debian that has HTCondor. */
const suite = 'trixie'
/** HTCondor, its way into a job, and what a node needs for a task. */
const packages = [
  ...['condor', 'openssh-client', 'openssh-server', 'iproute2', 'procps', 'git', 'ca-certificates'],
  ...['qemu-system-x86', 'qemu-utils', 'virtiofsd', 'passt', 'uidmap', 'socat'],
]

/** The root file system of a Debian with HTCondor, made once; half a minute and half a gigabyte. */
export async function condorRoot(say: (line: string) => void = () => undefined): Promise<string> {
  const key = createHash('sha256')
    .update([suite, ...packages].join(' '))
    .digest('hex')
    .slice(0, 16)
  const folder = join(cacheDirectory(), 'test-roots')
  const root = join(folder, key)
  if (existsSync(root)) return root
  if (process.getuid?.() !== 0 || !(await findTool('mmdebstrap')))
    throw new AppError('host-incomplete', 'The pool of HTCondor is not there for its tests', {
      hint: 'As root, and with the package mmdebstrap, run: npm run test:places',
    })
  say(`Installing a Debian with HTCondor to ${root}`)
  await mkdir(folder, { recursive: true })
  const making = await mkdtemp(join(folder, 'making-'))
  try {
    const options = ['--variant=apt', '--aptopt=APT::Install-Recommends "false"', `--include=${packages.join(',')}`]
    await runOrThrow('mmdebstrap', [...options, suite, join(making, 'root')], { timeoutMs: 15 * 60_000 })
    await rename(join(making, 'root'), root) // Whole or not there.
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return root
}
