import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { findTool } from '../../lib/processes/find-tool.ts'
import type { Problem } from '../driver.ts'
import { helperUserName } from '../helper-user.ts'
import { packageProblem } from '../host/package-problem.ts'
import type { Architecture } from './arguments.ts'
import { canUnpackDebianPackages } from './debian-tools.ts'
import { hostArchitecture, inspectHost, type QemuHost } from './host.ts'
import { kvmProblems } from './kvm-problems.ts'
import { tunDevice } from './open-network.ts'
import type { NewerTool } from './tools.ts'

/** Memory of the smallest machine that runs a task, and what QEMU and its helpers take beside it. */
const neededMiB = 2_560

/** What this host lacks to run machines with QEMU; problems of the guest image are found elsewhere. */
export async function hostProblems(
  cacheDirectory: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const host = await inspectHost(cacheDirectory, architecture)
  signal.throwIfAborted()
  const unpackable = await canUnpackDebianPackages()
  return [
    ...qemuProblems(host),
    ...userProblems(host),
    ...(host.virtiofsd === undefined
      ? [
          newerToolProblem(
            'virtiofsd',
            'virtiofsd 1.13 or newer is missing; it shares folders with the guest',
            unpackable,
          ),
        ]
      : []),
    ...(host.passt === undefined
      ? [
          {
            ...newerToolProblem('passt', 'passt of 2024 or newer is missing; it gives guests the internet', unpackable),
            onlyFor: 'open-egress' as const,
          },
        ]
      : []),
    ...(host.socat === undefined
      ? [
          {
            ...packageProblem(
              'socat-missing',
              'socat is missing; it forwards single addresses of this host to guests',
              'socat',
            ),
            onlyFor: 'forwards' as const,
          },
        ]
      : []),
    ...(host.ip === undefined
      ? [
          {
            ...packageProblem('ip-missing', 'ip is missing; it keeps guests from private networks', 'iproute2'),
            onlyFor: 'open-egress' as const,
          },
        ]
      : []),
    ...(await confinementProblems()),
    ...(await tunProblems()),
    ...(await namespaceProblems(host)),
    ...memoryProblems(),
    ...(architecture === hostArchitecture() ? await kvmProblems(host.user, cacheDirectory) : []),
  ]
}

function qemuProblems({ qemu, architecture }: QemuHost): readonly Problem[] {
  const name = architecture === 'x86_64' ? 'qemu-system-x86' : 'qemu-system-arm'
  if (qemu === undefined) return [packageProblem('qemu-missing', 'QEMU is missing; it runs the virtual machines', name)]
  if (qemu.version >= 7) return []
  return [
    {
      code: 'qemu-old',
      message: `QEMU ${qemu.version} is too old; 7.2 is the oldest that works`,
      cure: 'Upgrade the system to Debian 12, Ubuntu 24.04 or newer',
    },
  ]
}

/** What `confine.ts` starts QEMU and its helpers with. */
async function confinementProblems(): Promise<readonly Problem[]> {
  const problems = ['setpriv', 'prlimit', 'unshare', 'mount'].map(async (tool) =>
    (await findTool(tool))
      ? []
      : [
          packageProblem(
            'util-linux-missing',
            `${tool} is missing; it takes rights away from virtual machines`,
            tool === 'mount' ? 'mount' : 'util-linux',
          ),
        ],
  )
  return (await Promise.all(problems)).flat()
}

function userProblems({ user }: QemuHost): readonly Problem[] {
  if (user !== undefined) return []
  const command = [
    ...(['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'] as const),
    ...(['--shell', '/usr/sbin/nologin', helperUserName] as const),
  ] as const
  return [
    {
      code: 'user-missing',
      message: `The system user '${helperUserName}' is missing; virtual machines of root run as that user, never as root`,
      cure: command.join(' '),
      remedy: { kind: 'command', command: [...command] },
    },
  ]
}

function newerToolProblem(name: NewerTool['name'], message: string, unpackable: boolean): Problem {
  const problem = { code: `${name}-missing`, message }
  if (!unpackable) return { ...problem, cure: `Install a newer ${name} from your distribution` }
  return {
    ...problem,
    cure: 'microvm-orchestrator doctor --fix (fetches it from Debian trixie into the cache, installs nothing)',
    remedy: { kind: 'tool', name },
  }
}

/** virtiofsd and passt lock themselves into user namespaces, which some systems keep from unprivileged programs. */
async function namespaceProblems({ virtiofsd, passt }: QemuHost): Promise<readonly Problem[]> {
  const unpacked = virtiofsd?.kind === 'unpacked' || passt?.kind === 'unpacked'
  const switches = [
    { name: 'user.max_user_namespaces', closed: '0', open: '65536', concerns: true },
    { name: 'kernel.unprivileged_userns_clone', closed: '0', open: '1', concerns: true },
    // Ubuntu's profiles except the programs in its own packages.
    { name: 'kernel.apparmor_restrict_unprivileged_userns', closed: '1', open: '0', concerns: unpacked },
  ]
  const problems = switches.map(async ({ name, closed, open, concerns }) => {
    const value = await readFile(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').catch(() => undefined)
    if (!concerns || value?.trim() !== closed) return []
    const message = `${name} is ${closed}, so that virtiofsd and passt cannot lock themselves into namespaces`
    return [{ code: 'namespaces-closed', message, cure: `sysctl -w ${name}=${open}` }]
  })
  return (await Promise.all(problems)).flat()
}

/** A root host makes its helpers a device of their own where this one is closed. */
async function tunProblems(): Promise<readonly Problem[]> {
  const needed = process.getuid?.() === 0 ? constants.F_OK : constants.R_OK | constants.W_OK
  try {
    await access(tunDevice, needed)
    return []
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const message = `${tunDevice} ${missing ? 'is missing' : 'cannot be opened'}: no task runs with open egress, unless privateNetworks is true`
    const cure = missing ? 'modprobe tun' : `chmod 666 ${tunDevice}`
    return [{ code: 'tun-unusable', message, cure, optional: true }]
  }
}

function memoryProblems(): readonly Problem[] {
  const freeMiB = Math.floor(freemem() / (1 << 20))
  if (freeMiB >= neededMiB) return []
  return [
    {
      code: 'memory-short',
      message: `${freeMiB} MiB of memory are free; a task needs about ${neededMiB} MiB`,
      cure: 'End other programs, or run fewer tasks at once',
      optional: true,
    },
  ]
}
