import { access } from 'node:fs/promises'
import { AppError } from '../../core/failure.ts'
import { cacheDirectory } from '../../lib/files/paths.ts'
import { startHeartbeat } from '../../lib/heartbeat.ts'
import { RunError, runOrThrow } from '../../lib/processes/spawn.ts'
import type { Problem, Remedy } from '../driver.ts'
import { debianKeyring, unpackDebianPackages } from '../qemu/debian-tools.ts'
import { newerTools, unpackedToolDirectory } from '../qemu/tools.ts'
import { findPackageManager, installLine, namesFor, type PackageManager } from './package-managers.ts'
import { packageProblem } from './package-problem.ts'

type RemedyOf<K extends Remedy['kind']> = Extract<Remedy, { kind: K }>

export interface RemedyOptions {
  readonly onProgress: (line: string) => void
  /** Left out, this system's own. */
  readonly manager?: PackageManager | null
}

/**
 * Does what our installer can do about these problems, having said before each step what it does and why.
 * Problems with no remedy are ignored.
 * @throws AppError('host-incomplete') at the first step that fails.
 */
export async function applyRemedies(
  problems: readonly Problem[],
  { onProgress, manager = findPackageManager() }: RemedyOptions,
  signal: AbortSignal,
): Promise<void> {
  const tools = problems.filter(({ remedy }) => remedy?.kind === 'tool')
  await installPackages([...problems, ...(await keyringProblem(tools))], manager, onProgress, signal)
  signal.throwIfAborted()
  for (const { message, remedy } of problems) {
    switch (remedy?.kind) {
      case 'command':
        onProgress(`${message}. Running: ${remedy.command.join(' ')}`)
        await asRoot(remedy.command, onProgress, signal)
        break
      case 'tool':
        onProgress(`${message}. Fetching it from Debian trixie into ${cacheDirectory()}; nothing is installed`)
        await unpackTool(remedy, onProgress, signal)
        break
      case 'packages':
      case undefined:
        break
    }
  }
}

async function installPackages(
  problems: readonly Problem[],
  manager: PackageManager | null,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const needed = problems.flatMap(({ message, remedy }) => (remedy?.kind === 'packages' ? [{ message, remedy }] : []))
  if (needed.length === 0) return
  for (const { message, remedy } of needed) onProgress(`${message}. Package: ${remedy.names.join(', ')}`)
  const packages = [...new Set(needed.flatMap(({ remedy }) => remedy.names))]
  if (!manager?.tried) {
    throw new AppError(
      'host-incomplete',
      `Packages are missing, and ${manager?.tool ?? 'an unknown package manager'} is not run by us`,
      {
        hint: `${installLine(packages, manager)}. Then try again`,
      },
    )
  }
  const { had } = namesFor(manager, packages)
  onProgress(`Installing by ${manager.tool}: ${had.join(' ')}`)
  const steps = [...(manager.refresh ? [manager.refresh] : []), [...manager.install, ...had]]
  for (const step of steps) {
    signal.throwIfAborted()
    await asRoot([manager.tool, ...step], onProgress, signal)
  }
}

/** The tools come with Debian's signatures, and those are checked with Debian's keys, which Ubuntu has as a package. */
async function keyringProblem(tools: readonly Problem[]): Promise<readonly Problem[]> {
  if (tools.length === 0) return []
  try {
    await access(debianKeyring)
    return []
  } catch {
    const message = 'The keys of the Debian archive are missing; they prove that what is fetched is genuine'
    return [packageProblem('keyring-missing', message, 'debian-archive-keyring')]
  }
}

async function unpackTool(
  { name }: RemedyOf<'tool'>,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  using heartbeat = startHeartbeat(onProgress)
  heartbeat.now(`${name} is on its way`)
  const tool = newerTools[name]
  await unpackDebianPackages({ names: tool.packages }, unpackedToolDirectory(cacheDirectory(), tool), signal)
}

/**
 * Runs it as root: directly where we are, else by sudo, which asks on the terminal for a password where there is one. It runs to its
 * own end even when the signal fires: a package manager that is killed leaves packages half installed. A Ctrl-C on the terminal
 * reaches it by itself, and it stops where it safely can.
 */
async function asRoot(
  command: readonly [string, ...string[]],
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [file, ...args] =
    process.getuid?.() === 0 ? command : (['sudo', ...(process.stdin.isTTY ? [] : ['-n']), ...command] as const)
  const env = { ...definedEnvironment(), DEBIAN_FRONTEND: 'noninteractive' }
  const onAbort = () =>
    onProgress(`Stopping as soon as ${command[0]} has ended, so that no package stays half installed`)
  using heartbeat = startHeartbeat((text) => onProgress(text))
  heartbeat.now(`${command.slice(0, 2).join(' ')} is at work`)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await runOrThrow(file, args, { env })
    signal.throwIfAborted()
  } catch (cause) {
    signal.throwIfAborted()
    if (!(cause instanceof RunError)) throw cause
    throw new AppError('host-incomplete', cause.message, {
      hint: `Run it yourself as root: ${command.join(' ')}`,
      cause,
    })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const definedEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
