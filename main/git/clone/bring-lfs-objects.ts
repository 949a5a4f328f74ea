import { constants, existsSync } from 'node:fs'
import { copyFile, lstat, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gitOrThrow, utf8, zeroSeparated } from '../process/git.ts'
import { lfsObjectId, lfsObjectPath, longestPointer } from '../repository/lfs-pointer.ts'
import type { CloneSource } from './make-clone.ts'

/**
 * Gives a fresh clone the Git LFS objects that its files point to, as far as the repository has them. The files themselves stay
 * pointers: no filter of the user's runs, and a guest without git-lfs does not commit content where a pointer belongs.
 */
export async function bringLfsObjects(
  source: CloneSource,
  clone: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  // A repository that never held such an object need not be asked about twenty thousand files.
  if (!existsSync(join(source.commonDirectory, 'lfs', 'objects'))) return []
  const tracked = await gitOrThrow(
    ['ls-files', '-z', '--', ':(top,attr:filter=lfs)'],
    { cwd: clone, trust: 'none', env: { GIT_DIR: join(clone, '.git'), GIT_WORK_TREE: clone } },
    signal,
  )
  let brought = 0
  let missing = 0
  for (const name of zeroSeparated(utf8(tracked.stdout))) {
    signal?.throwIfAborted()
    const id = await pointedAt(join(clone, name))
    if (id === undefined) continue
    const object = lfsObjectPath(id)
    if (
      await copyIfThere(join(source.commonDirectory, 'lfs', 'objects', object), join(clone, '.git/lfs/objects', object))
    ) {
      brought += 1
    } else missing += 1
  }
  return [
    ...(brought > 0
      ? [`${brought} Git LFS files are pointers in the task; their content lies in .git/lfs/objects`]
      : []),
    ...(missing > 0 ? [`${missing} Git LFS files are pointers to content that the repository has not fetched`] : []),
  ]
}

async function pointedAt(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path)
    if (!found.isFile() || found.size > longestPointer) return undefined
    return lfsObjectId(await readFile(path, 'latin1'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // Outside a sparse checkout.
    throw error
  }
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true })
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
