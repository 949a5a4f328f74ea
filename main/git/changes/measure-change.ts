import type { ObjectReader } from '../process/objects.ts'
import { differing, folderId, isFolder } from '../process/tree-object.ts'

/** More than a person would look at, or than git or a file system should be asked for. */
export class TooMuchChanged extends Error {
  override readonly name = 'TooMuchChanged'
}

const most = { files: 2_000_000, pathBytes: 256_000_000, depth: 1_000, trees: 500_000 }

interface Size {
  readonly files: number
  /** Of all paths below, from here on. */
  readonly pathBytes: number
}
const none: Size = { files: 0, pathBytes: 0 }

/**
 * Counts the files that differ between two trees, each pair of equal trees once: a few small trees that hold each other can stand for more
 * files than there is memory, and git would list them one by one.
 * @throws TooMuchChanged
 */
export async function measureChange(base: string, changed: string, reader: Pick<ObjectReader, 'read'>): Promise<void> {
  const known = new Map<string, Size>()
  const compare = async (one: string | undefined, other: string | undefined, depth: number): Promise<Size> => {
    if (one === other) return none
    const key = `${one} ${other}`
    const before = known.get(key)
    if (before) return before
    if (depth > most.depth) throw new TooMuchChanged(`Folders are nested more than ${most.depth} deep`)
    if (known.size > most.trees) throw new TooMuchChanged(`More than ${most.trees} folders are changed`)
    known.set(key, none)
    let { files, pathBytes } = none
    for (const [name, entry, otherEntry] of await differing(one, other, reader)) {
      const below = await compare(folderId(entry), folderId(otherEntry), depth + 1)
      const here = [entry, otherEntry].some((each) => each && !isFolder(each)) ? 1 : 0
      files += below.files + here
      pathBytes += below.pathBytes + (below.files + here) * (name.length + 1)
      if (files > most.files) throw new TooMuchChanged(`More than ${most.files} files are changed`)
      if (pathBytes > most.pathBytes)
        throw new TooMuchChanged('The names of the changed files are too long to be listed')
    }
    known.set(key, { files, pathBytes })
    return { files, pathBytes }
  }
  await compare(base, changed, 0)
}
