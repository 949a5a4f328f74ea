import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile } from '../../../main/lib/files/file-lock.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { debianArchitecture, unpackDebianPackages } from '../../../main/machines/qemu/debian-tools.ts'

/**
 * A program of Debian trixie that is installed nowhere, with every library that it loads; fetched once into the cache.
 * @returns the command that starts it.
 */
export async function debianProgram(
  { name, packages }: { readonly name: string; readonly packages: readonly string[] },
  signal: AbortSignal,
): Promise<readonly [string, ...string[]]> {
  const directory = join(cacheDirectory(), 'tools', `${name}-trixie`)
  const program = join(directory, 'usr/bin', name)
  await mkdir(join(cacheDirectory(), 'tools'), { recursive: true, mode: 0o700 })
  if (!(await pathExists(program))) {
    await using _ = await lockFile(directory, 600_000, signal)
    if (!(await pathExists(program))) await unpackDebianPackages({ names: packages }, directory, signal)
  }
  const [loader, triplet] =
    debianArchitecture() === 'arm64'
      ? ['usr/lib/ld-linux-aarch64.so.1', 'aarch64-linux-gnu']
      : ['usr/lib64/ld-linux-x86-64.so.2', 'x86_64-linux-gnu']
  return [join(directory, loader), '--library-path', join(directory, 'usr/lib', triplet), program]
}
