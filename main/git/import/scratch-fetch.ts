import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from '../../lib/files/names-in.ts'
import type { GitResult } from '../process/git.ts'
import { moveIn, writingInto } from '../repository/object-folder.ts'
import { checkedFetch, type Fetched } from './checked-fetch.ts'

/**
 * Takes commits into a git folder that only we write, so that refused ones leave nothing there. git looks into `.gitmodules` and
 * `.gitattributes` only when the objects are in place, and objects that are there already are never looked at again: in a store of its
 * own a refused fetch would be let in at the second try.
 */
export async function scratchFetch(fetched: Fetched, gitDirectory: string, signal?: AbortSignal): Promise<GitResult> {
  const store = join(gitDirectory, 'objects')
  const incoming = await mkdtemp(join(store, 'incoming-'))
  try {
    const env = { GIT_DIR: gitDirectory, ...writingInto(incoming, store) }
    const result = await checkedFetch(fetched, { cwd: gitDirectory, trust: 'none', env }, signal)
    if (result.exitCode === 0) await publishObjects(incoming, store)
    return result
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
}

async function publishObjects(incoming: string, store: string): Promise<void> {
  for (const folder of await readdir(incoming)) {
    if (folder === 'info') continue
    await mkdir(join(store, folder), { recursive: true })
    // The index last: with it a pack is there for git.
    const names = (await namesIn(join(incoming, folder))).toSorted((a, b) => Number(isIndex(a)) - Number(isIndex(b)))
    for (const name of names) await moveIn(join(incoming, folder, name), join(store, folder, name))
  }
}

const isIndex = (name: string): boolean => name.endsWith('.idx')
