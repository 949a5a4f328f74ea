import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../../core/failure.ts'
import { runOrThrow } from '../../lib/processes/spawn.ts'
import type { NpmPackage } from './inputs.ts'

/**
 * Gets a package of npm, from npm's own cache where it has it, into a folder that is made for it.
 * @returns the tarball's path.
 * @throws AppError('image-failed') when its content is not the pinned one.
 */
export async function fetchNpmPackage(
  { package: name, version, integrity }: NpmPackage,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  await mkdir(folder)
  await runOrThrow(
    'npm',
    ['pack', '--prefer-offline', '--loglevel=error', '--pack-destination', folder, `${name}@${version}`],
    { cwd: folder },
    signal,
  )
  const [file] = (await readdir(folder)).filter((entry) => entry.endsWith('.tgz'))
  if (file === undefined) throw new Error(`npm pack ${name}@${version} left no tarball in ${folder}`)
  const path = join(folder, file)
  const hash = createHash('sha512')
  await pipeline(createReadStream(path), hash, { ...(signal && { signal }) })
  if (`sha512-${hash.digest('base64')}` === integrity) return path
  throw new AppError('image-failed', `What npm delivered is not the ${name} that is pinned (${path})`, {
    hint: 'Run npm cache clean --force and try again; if it stays so, do not use this registry',
  })
}
