import { link, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** Environment of git processes that write objects into the folder, and read those of the store as well. */
export const writingInto = (folder: string, store: string): Readonly<Record<string, string>> => ({
  GIT_OBJECT_DIRECTORY: folder,
  ...readingToo(store),
})

/** Environment of git processes that read the objects of the folder, beside their repository's own. */
export const readingToo = (folder: string): Readonly<Record<string, string>> => ({
  GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(folder),
})

/** Where the objects of the last reading of a living clone lie, below the folder that `readLivingClone` was given. */
export const livingObjects = (folder: string): string => join(folder, 'receiver.git', 'objects')

/** Puts the file of an object or of a pack into a store. One that is there already stays: git never replaces one. */
export async function moveIn(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    await rename(from, to)
  }
}

/** git splits the list at colons unless a path is quoted. */
const quoted = (path: string): string =>
  /[":\n\\]/.test(path) ? `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"` : path
