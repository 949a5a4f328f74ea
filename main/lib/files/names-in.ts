import { readdir } from 'node:fs/promises'

/** The names in a folder; none when there is no such folder. Anything else that keeps it from being read is thrown. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
