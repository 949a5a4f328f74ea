import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { bytePath } from '../process/byte-path.ts'
import { lfsObjectPath } from '../repository/lfs-pointer.ts'
import { kindOf } from '../survey/check-clone.ts'
import type { CleanedFile } from './lfs-clean.ts'

const mostObjects = 200_000
const largestTotal = 16 * 1024 ** 3

/**
 * Brings the Git LFS objects that a task made into the user's store, each only when its content has the hash that is its name.
 * Answers one sentence for what could not be brought.
 */
export async function keepLfsObjects(
  options: {
    readonly workspace: string
    readonly commonDirectory: string
    readonly cleaned: readonly CleanedFile[]
    /** The objects that imported commits point to; asked for when the clone has any. */
    readonly referenced: () => Promise<ReadonlySet<string>>
  },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const store = join(options.commonDirectory, 'lfs', 'objects')
  const candidates = new Map<string, string | Buffer>()
  for (const { id, path } of options.cleaned) candidates.set(id, bytePath(options.workspace, path))
  const inClone: string[] = []
  for (const id of await objectsIn(join(options.workspace, '.git'))) {
    if (!(await pathExists(join(store, lfsObjectPath(id))))) inClone.push(id)
  }
  const referenced: ReadonlySet<string> = inClone.length > 0 ? await options.referenced() : new Set()
  for (const id of inClone) {
    if (!referenced.has(id)) continue
    candidates.set(id, join(options.workspace, '.git/lfs/objects', lfsObjectPath(id)))
  }
  let left = largestTotal
  let refused = 0
  for (const [id, from] of candidates) {
    const to = join(store, lfsObjectPath(id))
    if (await pathExists(to)) continue
    const size = await copyVerified(from, to, id, left, signal)
    if (size === undefined) refused += 1
    else left -= size
  }
  return refused > 0 ? [`${refused} Git LFS objects were left out: damaged, unreadable or too large`] : []
}

async function objectsIn(dotGit: string): Promise<string[]> {
  for (const folder of [dotGit, join(dotGit, 'lfs'), join(dotGit, 'lfs', 'objects')]) {
    if ((await kindOf(folder)) !== 'folder') return []
  }
  const folders = async (path: string) =>
    (await readdir(path, { withFileTypes: true })).filter(
      (entry) => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name),
    )
  const found: string[] = []
  const root = join(dotGit, 'lfs', 'objects')
  for (const first of await folders(root)) {
    for (const second of await folders(join(root, first.name))) {
      for (const entry of await readdir(join(root, first.name, second.name), { withFileTypes: true })) {
        if (found.length >= mostObjects) return found
        if (entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name)) found.push(entry.name)
      }
    }
  }
  return found
}

/** Answers the size, or undefined when the object is not what it says. */
async function copyVerified(
  from: string | Buffer,
  to: string,
  id: string,
  limit: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const temporary = join(dirname(to), `.incoming-${randomUUID()}`)
  await mkdir(dirname(to), { recursive: true })
  try {
    await using source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const { size } = await source.stat()
    if (size > limit) return undefined
    const hash = createHash('sha256')
    {
      await using target = await open(temporary, 'wx', 0o644)
      const stream = source.createReadStream({ autoClose: false, ...(signal && { signal }) })
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk)
        await target.writeFile(chunk)
      }
    }
    if (hash.digest('hex') !== id) return undefined
    await rename(temporary, to)
    return size
  } catch (error) {
    signal?.throwIfAborted()
    if (['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return undefined // Unreadable: the caller counts it.
  } finally {
    await rm(temporary, { force: true })
  }
}
