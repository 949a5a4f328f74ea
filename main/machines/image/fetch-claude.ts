import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../../core/failure.ts'
import { runOrThrow } from '../../lib/processes/spawn.ts'
import type { ClaudePackage } from './inputs.ts'

/**
 * Gets Claude Code's npm package, from npm's own cache where it has it, into a folder that holds nothing else.
 * @returns the tarball's path.
 * @throws AppError('image-failed') when its content is not the pinned one.
 */
export async function fetchClaude(
  { package: name, integrity }: ClaudePackage,
  version: string,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  await runOrThrow(
    'npm',
    ['pack', '--prefer-offline', '--loglevel=error', '--pack-destination', folder, `${name}@${version}`],
    { cwd: folder },
    signal,
  )
  const [file] = (await readdir(folder)).filter((entry) => entry.endsWith('.tgz'))
  if (file === undefined) throw new Error(`npm pack ${name}@${version} left no tarball in ${folder}`)
  const path = join(folder, file)
  await checkIntegrity(path, integrity, signal)
  return path
}

/** @throws AppError('image-failed') unless the file's SHA-512 is the pinned one. */
async function checkIntegrity(path: string, integrity: string, signal?: AbortSignal): Promise<void> {
  const hash = createHash('sha512')
  await pipeline(createReadStream(path), hash, { ...(signal && { signal }) })
  if (`sha512-${hash.digest('base64')}` === integrity) return
  throw new AppError('image-failed', `What npm delivered is not the Claude Code that is pinned (${path})`, {
    hint: 'Run npm cache clean --force and try again; if it stays so, do not use this registry',
  })
}
