import { findTool } from '../../lib/processes/find-tool.ts'
import { run } from '../../lib/processes/spawn.ts'
import { findHelperUser, type HelperUser } from '../helper-user.ts'
import type { Architecture } from './arguments.ts'
import { type FoundTool, findNewerTool, newerTools } from './tools.ts'

/** What this host has of what a machine needs; undefined is what it lacks. */
export interface QemuHost {
  /** Of its machines, and so of its QEMU. */
  readonly architecture: Architecture
  /** `build` is its whole version, in its own words. */
  readonly qemu: { readonly path: string; readonly version: number; readonly build: string } | undefined
  readonly user: HelperUser | undefined
  readonly virtiofsd: FoundTool | undefined
  readonly passt: FoundTool | undefined
  readonly socat: string | undefined
  readonly ip: string | undefined
}

export const hostArchitecture = (): Architecture => (process.arch === 'arm64' ? 'aarch64' : 'x86_64')

/** Looks, changes nothing. @param architecture of the machines that shall run. */
export async function inspectHost(cacheDirectory: string, architecture = hostArchitecture()): Promise<QemuHost> {
  const [qemu, user, virtiofsd, passt, socat, ip] = await Promise.all([
    findQemu(architecture),
    findHelperUser(),
    findNewerTool(newerTools.virtiofsd, cacheDirectory),
    findNewerTool(newerTools.passt, cacheDirectory),
    findTool('socat'),
    findTool('ip'),
  ])
  return { architecture, qemu, user, virtiofsd, passt, socat, ip }
}

async function findQemu(architecture: Architecture): Promise<QemuHost['qemu']> {
  const path = await findTool(`qemu-system-${architecture}`)
  if (path === undefined) return undefined
  const { stdout } = await run(path, ['--version'], { timeoutMs: 10_000 })
  const version = /version (\d+)/.exec(stdout)?.[1]
  return version === undefined ? undefined : { path, version: Number(version), build: stdout.split('\n')[0] ?? '' }
}
