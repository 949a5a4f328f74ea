import { readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** git itself follows alternates of alternates five deep. */
const deepest = 5

/** Real paths of every object store that a repository of the user's reads: its own first, then its alternates, each once. */
export async function objectStores(commonDirectory: string): Promise<readonly string[]> {
  const stores = new Set<string>()
  const visit = async (folder: string, depth: number): Promise<void> => {
    let store: string
    try {
      store = await realpath(folder)
    } catch (error) {
      if (depth > 0 && (error as NodeJS.ErrnoException).code === 'ENOENT') return // git ignores a lost alternate, too.
      throw error
    }
    if (stores.has(store)) return
    stores.add(store)
    if (depth === deepest) return
    for (const alternate of await alternatesOf(store)) await visit(resolve(store, alternate), depth + 1)
  }
  await visit(join(commonDirectory, 'objects'), 0)
  return [...stores]
}

async function alternatesOf(store: string): Promise<string[]> {
  try {
    const text = await readFile(join(store, 'info', 'alternates'), 'utf8')
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
