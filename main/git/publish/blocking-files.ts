import { lstat, readdir } from 'node:fs/promises'
import type { TreeChanges } from '../changes/tree-changes.ts'
import { bytePath } from '../process/byte-path.ts'
import { foldedName } from './fold-names.ts'
import { parentsOf } from './parents-of.ts'

/**
 * Files of the user's that stand where the new commit puts one. git itself looks after those that it does not ignore; an ignored
 * one (`.env`, say) it would overwrite, so all are looked for here.
 */
export async function blockingFiles(
  checkout: string,
  { added, deleted }: TreeChanges,
  /** Whether names that are alike are one name there: a file that leaves is then not in the way of its new spelling. */
  folds = false,
): Promise<readonly string[]> {
  const leaving = new Set(deleted)
  const alike = new Set(folds ? deleted.map(foldedName) : [])
  const leaves = async (path: string): Promise<boolean> =>
    leaving.has(path) || (alike.has(foldedName(path)) && (await isAloneAlike(checkout, path)))
  const blocking = new Set<string>()
  for (const path of added) {
    for (const parent of parentsOf(path)) {
      const kind = await kindAt(checkout, parent)
      if (kind === undefined || kind === 'folder') continue
      if (!(await leaves(parent))) blocking.add(parent)
      break
    }
    const kind = await kindAt(checkout, path)
    if (kind === 'other') {
      if (!(await leaves(path))) blocking.add(path)
    } else if (kind === 'folder')
      for (const file of await filesBelow(checkout, path)) if (!(await leaves(file))) blocking.add(file)
  }
  return [...blocking]
}

/** Whether its folder has one name only that is like it, so that all of them mean that one file. */
async function isAloneAlike(checkout: string, path: string): Promise<boolean> {
  const slash = path.lastIndexOf('/')
  const names = await readdir(bytePath(checkout, path.slice(0, Math.max(0, slash))), { encoding: 'buffer' })
  const wanted = foldedName(path.slice(slash + 1))
  return names.filter((name) => foldedName(name.toString('latin1')) === wanted).length === 1
}

async function kindAt(checkout: string, path: string): Promise<'folder' | 'other' | undefined> {
  try {
    return (await lstat(bytePath(checkout, path))).isDirectory() ? 'folder' : 'other'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** An empty folder is in no one's way; git removes it. */
async function filesBelow(checkout: string, folder: string): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readdir(bytePath(checkout, folder), { withFileTypes: true, encoding: 'buffer' })) {
    const path = `${folder}/${entry.name.toString('latin1')}`
    if (entry.isDirectory()) files.push(...(await filesBelow(checkout, path)))
    else files.push(path)
  }
  return files
}
