import { access } from 'node:fs/promises'
import { AppError } from '../core/failure.ts'
import { findTool } from '../lib/find-tool.ts'
import { cacheDirectory } from '../lib/paths.ts'
import { RunError, runOrThrow } from '../lib/spawn.ts'
import type { Problem, Remedy } from './driver.ts'
import { debianKeyring, unpackDebianPackages } from './qemu/debian-tools.ts'
import { newerTools, unpackedToolDirectory } from './qemu/tools.ts'

type RemedyOf<K extends Remedy['kind']> = Extract<Remedy, { kind: K }>

/** A package manager: its commands, and its names for packages that Debian calls otherwise. */
interface PackageManager {
  readonly tool: string
  readonly refresh: readonly string[] | undefined
  readonly install: readonly string[]
  readonly names: Readonly<Record<string, string>>
}

const packageManagers: readonly PackageManager[] = [
  {
    tool: 'apt-get',
    refresh: ['update', '-q'],
    install: ['install', '-y', '-q', '--no-install-recommends'],
    names: {},
  },
  {
    tool: 'dnf',
    refresh: undefined,
    install: ['install', '-y'],
    names: { 'qemu-system-x86': 'qemu-system-x86-core', 'qemu-system-arm': 'qemu-system-aarch64-core' },
  },
  {
    tool: 'pacman',
    refresh: undefined,
    install: ['-S', '--needed', '--noconfirm'],
    names: { 'qemu-system-arm': 'qemu-system-aarch64' },
  },
]

export interface RemedyOptions {
  readonly onProgress: (line: string) => void
}

/**
 * Does what our installer can do about these problems, having said before each step what it does and why.
 * Problems with no remedy are passed over.
 * @throws AppError('host-incomplete') at the first step that fails.
 */
export async function applyRemedies(
  problems: readonly Problem[],
  { onProgress }: RemedyOptions,
  signal: AbortSignal,
): Promise<void> {
  const tools = problems.filter(({ remedy }) => remedy?.kind === 'tool')
  await installPackages([...problems, ...(await keyringProblem(tools))], onProgress, signal)
  for (const { message, remedy } of problems) {
    switch (remedy?.kind) {
      case 'command':
        onProgress(`${message}. Running: ${remedy.command.join(' ')}`)
        await asRoot(remedy.command, signal)
        break
      case 'tool':
        onProgress(`${message}. Fetching it from Debian trixie into ${cacheDirectory()}; nothing is installed`)
        await unpackTool(remedy, signal)
        break
      case 'packages':
      case undefined:
        break
    }
  }
}

async function installPackages(
  problems: readonly Problem[],
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const needed = problems.flatMap(({ message, remedy }) => (remedy?.kind === 'packages' ? [{ message, remedy }] : []))
  if (needed.length === 0) return
  for (const { message, remedy } of needed) onProgress(`${message}. Package: ${remedy.names.join(', ')}`)
  const manager = await findPackageManager()
  const names = [...new Set(needed.flatMap(({ remedy }) => remedy.names))].map((name) => manager.names[name] ?? name)
  onProgress(`Installing by ${manager.tool}: ${names.join(' ')}`)
  if (manager.refresh !== undefined) await asRoot([manager.tool, ...manager.refresh], signal)
  await asRoot([manager.tool, ...manager.install, ...names], signal)
}

async function findPackageManager(): Promise<PackageManager> {
  for (const manager of packageManagers) if (await findTool(manager.tool)) return manager
  throw new AppError('host-incomplete', 'No package manager that we know (apt-get, dnf, pacman) is here', {
    hint: 'Install the missing programs by hand: microvm-orchestrator doctor names them',
  })
}

/** The tools come with Debian's signatures, and those are checked with Debian's keys, which Ubuntu has as a package. */
async function keyringProblem(tools: readonly Problem[]): Promise<readonly Problem[]> {
  if (tools.length === 0) return []
  try {
    await access(debianKeyring)
    return []
  } catch {
    const message = 'The keys of the Debian archive are missing; they prove that what is fetched is genuine'
    const remedy: Remedy = { kind: 'packages', names: ['debian-archive-keyring'] }
    return [{ code: 'keyring-missing', message, cure: 'apt-get install debian-archive-keyring', remedy }]
  }
}

async function unpackTool({ name }: RemedyOf<'tool'>, signal: AbortSignal): Promise<void> {
  const tool = newerTools[name]
  await unpackDebianPackages(tool.packages, unpackedToolDirectory(cacheDirectory(), tool), signal)
}

/** Runs it as root: directly where we are, else by sudo, which asks on the terminal for a password where there is one. */
async function asRoot(command: readonly [string, ...string[]], signal: AbortSignal): Promise<void> {
  const [file, ...args] =
    process.getuid?.() === 0 ? command : (['sudo', ...(process.stdin.isTTY ? [] : ['-n']), ...command] as const)
  const env = { ...definedEnvironment(), DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await runOrThrow(file, args, { env }, signal)
  } catch (cause) {
    if (!(cause instanceof RunError)) throw cause
    throw new AppError('host-incomplete', cause.message, {
      hint: `Run it yourself as root: ${command.join(' ')}`,
      cause,
    })
  }
}

const definedEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
