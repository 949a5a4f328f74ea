import { release } from 'node:os'
import { join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { resourceDirectory } from '../../lib/files/paths.ts'
import { findTool } from '../../lib/processes/find-tool.ts'

/** Where macOS keeps the Rosetta that it gives to virtual machines. */
const rosettaForLinux = '/Library/Apple/usr/libexec/oah/RosettaLinux/rosetta'

/** What this Mac has of what a machine needs. */
export interface MacHost {
  readonly appleSilicon: boolean
  /** Major version of macOS. */
  readonly macos: number
  readonly isRoot: boolean
  /** The app's own, or found by the user's paths; a NixOS guest brings another. */
  readonly vfkit: string | undefined
  /** Found by the user's paths; a NixOS guest brings its own. */
  readonly socat: string | undefined
  readonly rosetta: boolean
}

/** Looks, changes nothing. */
export async function inspectMac(): Promise<MacHost> {
  const [vfkit, socat, rosetta] = await Promise.all([findVfkit(), findTool('socat'), pathExists(rosettaForLinux)])
  const macos = macosOf(release())
  return { appleSilicon: process.arch === 'arm64', macos, isRoot: process.getuid?.() === 0, vfkit, socat, rosetta }
}

/** The one that came with this program is the one that it was tried with. */
async function findVfkit(bundled = join(resourceDirectory(), 'bin/vfkit')): Promise<string | undefined> {
  return (await pathExists(bundled)) ? bundled : await findTool('vfkit')
}

/** Darwin 22 came with macOS 13, 24 with 15, 25 with 26. Pure. */
export function macosOf(darwinRelease: string): number {
  const darwin = Number.parseInt(darwinRelease, 10)
  return darwin >= 25 ? darwin + 1 : darwin - 9
}
