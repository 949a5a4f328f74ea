import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { locateRepository } from './inspect-repository.ts'

const line = '.microvm/'

/** Keeps `.microvm/` out of `git status` by the repository's own `info/exclude`; the user's tracked files stay as they are. */
export async function excludeTasks(repoPath: string, signal?: AbortSignal): Promise<void> {
  const { commonDirectory } = await locateRepository(repoPath, signal)
  const path = join(commonDirectory, 'info', 'exclude')
  const present = await readIfThere(path)
  if (present.split(/\r?\n/).includes(line)) return
  await mkdir(join(commonDirectory, 'info'), { recursive: true })
  // Appending disturbs nothing; a second line, should two of us append at once, means the same as one.
  await appendFile(path, `${present === '' || present.endsWith('\n') ? '' : '\n'}${line}\n`)
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
