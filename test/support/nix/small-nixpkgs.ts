import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFlakeLock } from '../../../main/environment/write-flake.ts'
import { type Nix, unpackedNix } from '../machines/nix.ts'
import { temporaryFolder } from '../temporary.ts'

/** Names of packages; null for one, and more names for a set of them. */
export interface Packages {
  readonly [name: string]: Packages | null
}

/** Lays a nixpkgs of these packages down in a folder that is not there yet. */
export async function writeSmallNixpkgs(folder: string, packages: Packages): Promise<void> {
  await cp(join(import.meta.dirname, 'small-nixpkgs'), folder, { recursive: true })
  await writeFile(join(folder, 'packages.json'), JSON.stringify(packages))
}

/**
 * The text of the lock file of a flake of found tools by which nix takes the folder for the pinned nixpkgs, and asks no server; the flake itself
 * stays as it is. @param seenAt where the folder is for the nix that reads the lock file.
 */
export async function lockedTo(nix: Nix, folder: string, seenAt = folder): Promise<string> {
  const { ok, stdout, stderr } = await nix(['hash', 'path', folder], AbortSignal.timeout(60_000))
  if (!ok) throw new Error(stderr)
  const lock = JSON.parse(writeFlakeLock()) as { nodes: { nixpkgs: { locked: object } } }
  lock.nodes.nixpkgs.locked = { type: 'path', path: seenAt, narHash: stdout.trim(), lastModified: 1 }
  return JSON.stringify(lock)
}

export const nixOfTest = async (): Promise<Nix> =>
  await unpackedNix(await temporaryFolder(), AbortSignal.timeout(600_000))
