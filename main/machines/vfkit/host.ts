import { release } from 'node:os'
import { pathExists } from '../../lib/files/look.ts'
import { findTool } from '../../lib/processes/find-tool.ts'

/** Where macOS keeps the Rosetta that it gives to virtual machines. */
const rosettaForLinux = '/Library/Apple/usr/libexec/oah/RosettaLinux/rosetta'

/** What this Mac has of what a machine needs. */
export interface MacHost {
  readonly appleSilicon: boolean
  /** Major version of macOS. */
  readonly macos: number
  readonly isRoot: boolean
  /** Found by the user's paths; a guest image brings its own. */
  readonly vfkit: string | undefined
  readonly socat: string | undefined
  readonly rosetta: boolean
}

/** Looks, changes nothing. */
export async function inspectMac(): Promise<MacHost> {
  const [vfkit, socat, rosetta] = await Promise.all([findTool('vfkit'), findTool('socat'), pathExists(rosettaForLinux)])
  const macos = macosOf(release())
  return { appleSilicon: process.arch === 'arm64', macos, isRoot: process.getuid?.() === 0, vfkit, socat, rosetta }
}

/** Darwin 22 came with macOS 13, 24 with 15, 25 with 26. Pure. */
export function macosOf(darwinRelease: string): number {
  const darwin = Number.parseInt(darwinRelease, 10)
  return darwin >= 25 ? darwin + 1 : darwin - 9
}
