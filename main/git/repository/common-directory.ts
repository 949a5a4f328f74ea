import { lstat, readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/**
 * The `.git` folder that all work trees of a repository share, by the files that say so and with no git process. Undefined where the
 * folder is no work tree's top. Only for repositories of the user: the files are trusted.
 */
export async function commonDirectoryOf(repoPath: string): Promise<string | undefined> {
  try {
    const own = await realpath(await gitDirectoryOf(repoPath))
    const shared = await readFile(join(own, 'commondir'), 'utf8').catch(() => '.') // Only linked work trees have one.
    return await realpath(resolve(own, shared.trim()))
  } catch {
    return undefined // Gone, or not to be read: anyone who needs the repository says why.
  }
}

async function gitDirectoryOf(repoPath: string): Promise<string> {
  const path = join(repoPath, '.git')
  if (!(await lstat(path)).isFile()) return path
  const [, named = ''] = /^gitdir: (.*)\n?$/.exec(await readFile(path, 'utf8')) ?? []
  return resolve(repoPath, named)
}
