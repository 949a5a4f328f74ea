import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { lastLine } from '../../lib/last-line.ts'
import { run } from '../../lib/processes/spawn.ts'
import type { HelperUser } from '../helper-user.ts'
import { openRunRoot } from '../run-root.ts'
import type { Acceleration, Architecture } from './arguments.ts'
import { Confinement } from './confine.ts'

/** A kernel on a processor that works panics for want of a root disk within a second. */
const deadlineMs = 8_000

const verdictSchema = z.object({
  bootId: z.string(),
  key: z.string(),
  works: z.boolean(),
  reason: z.string(),
})

export interface KvmVerdict {
  readonly works: boolean
  /** Why not, one sentence; what was seen when it does. */
  readonly reason: string
}

interface ProbeParts {
  readonly qemu: string
  readonly architecture: Architecture
  readonly user: HelperUser
  /** An uncompressed Linux kernel. */
  readonly kernel: string
  /** `host` unless a test wants another one. */
  readonly processor?: string
  /** `kvm` unless a test shows that the probe can say yes. */
  readonly accelerator?: Acceleration
}

/** The verdict that was remembered since this host booted, or undefined. */
export async function rememberedVerdict(cacheDirectory: string, user: HelperUser): Promise<KvmVerdict | undefined> {
  try {
    const verdict = verdictSchema.parse(JSON.parse(await readFile(verdictPath(cacheDirectory), 'utf8')))
    return verdict.bootId === (await bootId()) && verdict.key === keyOf(user) ? verdict : undefined
  } catch {
    return undefined // Never written, or by an older version: probing again costs seconds at most.
  }
}

/** KVM when guests really run under it, found by trying once per boot of this host. */
export async function findAcceleration(
  parts: ProbeParts,
  cacheDirectory: string,
  signal: AbortSignal,
): Promise<Acceleration> {
  const known = await rememberedVerdict(cacheDirectory, parts.user)
  const verdict = known ?? (await probeKvm(parts, signal))
  if (known === undefined) {
    await mkdir(cacheDirectory, { recursive: true, mode: 0o700 })
    const record = { bootId: await bootId(), key: keyOf(parts.user), ...verdict }
    await writeJsonAtomically(verdictPath(cacheDirectory), record)
  }
  return verdict.works ? 'kvm' : 'tcg'
}

/**
 * Runs a kernel with no disk under KVM and waits for its panic. There are hosts where /dev/kvm opens, makes a virtual
 * machine and even runs a few instructions while every real guest hangs, so nothing less is taken for a proof.
 */
export async function probeKvm(parts: ProbeParts, signal: AbortSignal): Promise<KvmVerdict> {
  const mounts = join(await openRunRoot(), `.probe-${randomBytes(4).toString('hex')}`)
  try {
    const confinement = new Confinement(parts.user, mounts)
    const kernel = await confinement.expose(parts.kernel)
    const [file, ...args] = confinement.command([parts.qemu, ...probeArguments(parts, kernel)])
    const result = await run(file, args, { timeoutMs: deadlineMs }, signal)
    signal.throwIfAborted()
    if (result.stdout.includes('Kernel panic')) return { works: true, reason: 'A kernel ran under it' }
    if (result.timedOut)
      return { works: false, reason: `A kernel hangs under it (no sign of life in ${deadlineMs} ms)` }
    return { works: false, reason: lastLine(result.stderr) || 'A kernel does not run under it' }
  } finally {
    await rm(mounts, { recursive: true, force: true })
  }
}

function probeArguments(
  { architecture, processor = 'host', accelerator = 'kvm' }: ProbeParts,
  kernel: string,
): readonly string[] {
  const [machine, console] = architecture === 'x86_64' ? ['q35', 'ttyS0'] : ['virt,gic-version=max', 'ttyAMA0']
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-machine', machine, '-m', '256M'],
    ...['-accel', accelerator, '-cpu', processor, '-serial', 'stdio', '-kernel', kernel],
    ...['-append', `console=${console} quiet loglevel=1 panic=-1 reboot=t`],
  ]
}

const verdictPath = (cacheDirectory: string): string => join(cacheDirectory, 'kvm-verdict.json')
const keyOf = (user: HelperUser): string => `uid ${user.uid}`
const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
