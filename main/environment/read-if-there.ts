import { readFile } from 'node:fs/promises'
import { unusable } from '../lib/files/private-folder.ts'

/** @throws AppError('home-unusable') for a file that is there and cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(path, error)
  }
}
