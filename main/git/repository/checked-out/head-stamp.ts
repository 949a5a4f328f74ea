import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A text that changes when another commit is checked out, made of two small files and no process; undefined where they do not say it:
 * in a linked work tree, or with refs kept in another format. Then git has to be asked.
 */
export async function headStamp(repoPath: string): Promise<string | undefined> {
  const folder = join(repoPath, '.git')
  try {
    const head = await readFile(join(folder, 'HEAD'), 'latin1')
    const branch = /^ref: (refs\/heads\/.+)\n$/.exec(head)?.[1]
    if (branch === undefined) return /^[0-9a-f]{40,64}\n$/.test(head) ? head : undefined
    return head + (await readRef(folder, branch))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw error
  }
}

async function readRef(folder: string, branch: string): Promise<string> {
  try {
    return await readFile(join(folder, branch), 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const { mtimeMs, size, ino } = await stat(join(folder, 'packed-refs'))
    return `packed ${mtimeMs} ${size} ${ino}`
  }
}
