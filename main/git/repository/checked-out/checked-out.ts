import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8 } from '../../process/git.ts'
import type { RepositoryPlace } from '../repository-place.ts'

export interface CheckedOut {
  /** Without `refs/heads/`. */
  readonly branch: string
  /** Where the branch is; null when there is no such branch yet, or its file does not say it. */
  readonly commit: string | null
}

/**
 * The branch that a work tree has checked out, by the two or three files in which git keeps it and with no process. Undefined where they do
 * not say it plainly: HEAD is detached or a link, the branch stands for another one, or refs are kept in another format. Then git has to be asked.
 */
export async function checkedOut({
  gitDirectory,
  commonDirectory,
}: Pick<RepositoryPlace, 'gitDirectory' | 'commonDirectory'>): Promise<CheckedOut | undefined> {
  const head = await textIfThere(join(gitDirectory, 'HEAD'))
  const ref = /^ref: (refs\/heads\/[^\n]+)\n$/.exec(head ?? '')?.[1]
  // No name of a branch has a part that begins with a dot; `.invalid` is what HEAD says where refs are in tables.
  if (ref === undefined || /\/\.|\/\/|\.\.|\/$/.test(ref)) return undefined
  const text = await textIfThere(join(commonDirectory, utf8(ref)))
  const branch = utf8(ref.slice('refs/heads/'.length))
  if (text === undefined) return { branch, commit: await packedCommit(commonDirectory, ref) }
  const commit = /^([0-9a-f]{40}|[0-9a-f]{64})\n$/.exec(text)?.[1]
  return commit === undefined ? undefined : { branch, commit }
}

/** A longer list is for git, which searches it without reading all of it. */
const longestListBytes = 1024 ** 2

async function packedCommit(commonDirectory: string, ref: string): Promise<string | null> {
  const path = join(commonDirectory, 'packed-refs')
  const text = (await sizeOf(path)) > longestListBytes ? undefined : await textIfThere(path)
  if (text === undefined) return null
  const end = text.indexOf(` ${ref}\n`)
  if (end < 0) return null
  const id = text.slice(text.lastIndexOf('\n', end) + 1, end)
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id) ? id : null
}

const sizeOf = async (path: string): Promise<number> => {
  const found = await stat(path).catch(() => undefined) // Then it is not there to be read, either.
  return found?.size ?? 0
}

/** latin1. */
async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
