import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { writeAtomically } from './atomic-file.ts'
import { ensurePrivateFolder, unusable } from './private-folder.ts'

/** No token is longer. */
const tokenBytes = 16 * 1024

/**
 * The start of a file that holds secrets; undefined when there is no such file.
 * @throws AppError('token-unsafe') with the cure when others than its owner can read it, AppError('home-unusable').
 */
export async function readPrivateFile(
  path: string,
  { what = 'the token', limitBytes = tokenBytes }: { readonly what?: string; readonly limitBytes?: number } = {},
): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { mode } = await file.stat()
    if (mode & 0o077) {
      throw new AppError('token-unsafe', `Others can read ${what} in ${path}`, { hint: `Run: chmod 600 '${path}'` })
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(limitBytes), 0, limitBytes, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error instanceof AppError ? error : unusable(path, error)
  }
}

/** Stores a secret in a file for its owner alone, and its folder too where that is new. @throws AppError('home-unusable' | 'disk-full') */
export async function writePrivateFile(path: string, secret: string): Promise<void> {
  await ensurePrivateFolder(dirname(path))
  try {
    await writeAtomically(path, `${secret}\n`)
  } catch (error) {
    throw unusable(path, error)
  }
}
