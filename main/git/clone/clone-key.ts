import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cloneSettings } from '../repository/clone-settings.ts'
import { inspectRepository } from '../repository/inspect-repository.ts'
import { objectStores } from '../repository/object-stores.ts'
import { userExcludes } from '../repository/user-excludes.ts'

/**
 * Names all that a clone of what is checked out would hold: the same text as before says that it would be the same clone. Null where only the clone itself
 * would tell: a repository with submodules or Git LFS objects, or without a commit.
 * @throws AppError('repository-invalid')
 */
export async function cloneKey(repoPath: string, signal?: AbortSignal): Promise<string | null> {
  const [repository, settings] = await Promise.all([
    inspectRepository(repoPath, signal),
    cloneSettings(repoPath, signal),
  ])
  const { head, branch, commonDirectory, gitDirectory, objectFormat, isShallow } = repository
  if (!head || head.hasSubmodules || existsSync(join(commonDirectory, 'lfs', 'objects'))) return null
  const stores = await objectStores(commonDirectory)
  const [exclude, sparse, shallow, ...objects] = await Promise.all([
    userExcludes(repository, settings.excludesFile),
    settings.sparse && readFile(join(gitDirectory, 'info', 'sparse-checkout'), 'latin1'),
    isShallow && readFile(join(commonDirectory, 'shallow'), 'latin1'),
    ...stores.map(folderTimes),
  ])
  return JSON.stringify([repoPath, head, branch, objectFormat, settings, exclude, sparse, shallow, stores, objects])
}

/** A folder's time is that of the last name that came or went: an object that was added or packed shows. */
async function folderTimes(store: string): Promise<readonly (readonly [name: string, mtimeNs: string])[]> {
  const names = (await readdir(store)).filter((name) => name === 'pack' || /^[0-9a-f]{2}$/.test(name)).sort()
  return await Promise.all(
    names.map(async (name) => [name, String((await stat(join(store, name), { bigint: true })).mtimeNs)] as const),
  )
}
