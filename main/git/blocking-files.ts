import { lstat, readdir } from 'node:fs/promises'
import { bytePath } from './byte-path.ts'
import type { TreeChanges } from './tree-changes.ts'

/**
 * Files of the user's that stand where the new commit puts one. git itself looks after those that it does not ignore; an ignored
 * one (`.env`, say) it would overwrite, so all are looked for here.
 */
export async function blockingFiles(checkout: string, { added, deleted }: TreeChanges): Promise<readonly string[]> {
  const leaving = new Set(deleted)
  const blocking = new Set<string>()
  for (const path of added) {
    for (const parent of parentsOf(path)) {
      const kind = await kindAt(checkout, parent)
      if (kind === undefined || kind === 'folder') continue
      if (!leaving.has(parent)) blocking.add(parent)
      break
    }
    const kind = await kindAt(checkout, path)
    if (kind === 'other') blocking.add(path)
    else if (kind === 'folder')
      for (const file of await filesBelow(checkout, path)) if (!leaving.has(file)) blocking.add(file)
  }
  return [...blocking]
}

const parentsOf = (path: string) => {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
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

/** An empty folder is in nobody's way; git removes it. */
async function filesBelow(checkout: string, folder: string): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readdir(bytePath(checkout, folder), { withFileTypes: true, encoding: 'buffer' })) {
    const path = `${folder}/${entry.name.toString('latin1')}`
    if (entry.isDirectory()) files.push(...(await filesBelow(checkout, path)))
    else files.push(path)
  }
  return files
}
