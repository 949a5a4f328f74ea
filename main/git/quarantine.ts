import { createHash } from 'node:crypto'
import { chmod, link, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'

const compress = promisify(deflate)

/** Objects that are not yet the repository's: gone when it is disposed, unless they were let in. */
export interface Quarantine extends AsyncDisposable {
  /** For git processes that write here and read both. */
  readonly writing: Readonly<Record<string, string>>
  /** For git processes that only read both. */
  readonly reading: Readonly<Record<string, string>>
  /** Answers the new commit's id. */
  writeCommit(content: string): Promise<string>
  /** The same of a tree, whose bytes are given as latin1. */
  writeTree(content: string): Promise<string>
  /** As `writeCommit`, for one that nothing will refer to: it is never let in. */
  writePassingCommit(content: string): Promise<string>
  /** Moves the rest into the repository's own store. */
  letIn(): Promise<void>
}

/** git's own name for such folders, which its gc removes should we not come to it. */
const prefix = 'tmp_objdir-microvm-'

/**
 * Whoever may use the store may use what is let into it, whatever our umask: in a repository that a group shares, a folder of ours
 * would keep the others from their own commits.
 */
export async function openQuarantine(commonDirectory: string, objectFormat: 'sha1' | 'sha256'): Promise<Quarantine> {
  const store = join(commonDirectory, 'objects')
  const storeMode = (await stat(store)).mode & 0o7777
  const folder = await mkdtemp(join(store, prefix))
  const passing = new Set<string>()
  const write = async (type: 'commit' | 'tree', content: string): Promise<string> => {
    const body = Buffer.from(content, 'latin1')
    const object = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body])
    const id = createHash(objectFormat).update(object).digest('hex')
    const fan = join(folder, id.slice(0, 2))
    await mkdir(fan, { recursive: true })
    const file = join(fan, id.slice(2))
    try {
      await writeFile(file, await compress(object), { mode: 0o444, flag: 'wx' })
      await chmod(file, storeMode & 0o444)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return id
  }
  return {
    writing: { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(store) },
    reading: { GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(folder) },
    writeCommit: async (content) => {
      const id = await write('commit', content)
      passing.delete(id)
      return id
    },
    writeTree: (content) => write('tree', content),
    writePassingCommit: async (content) => {
      const id = await write('commit', content)
      passing.add(id)
      return id
    },
    letIn: async () => {
      for (const name of await readdir(folder)) {
        if (name === 'pack' || name === 'info') continue
        const isNew = (await mkdir(join(store, name), { recursive: true })) !== undefined
        if (isNew) await chmod(join(store, name), storeMode)
        for (const file of await readdir(join(folder, name))) {
          if (!passing.has(name + file)) await moveIn(join(folder, name, file), join(store, name, file))
        }
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function moveIn(from: string, to: string): Promise<void> {
  try {
    // A link fails where the object is already: git never replaces one.
    await link(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    await rename(from, to)
  }
}

/** git splits the list at colons unless a path is quoted. */
const quoted = (path: string) =>
  /[":\n\\]/.test(path) ? `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"` : path
