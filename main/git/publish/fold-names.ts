import { lstat, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytePath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, utf8, zeroSeparated } from '../process/git.ts'
import { lookAt, type PublishFolder } from './journal.ts'
import { parentsOf } from './parents-of.ts'

/** What two names have in common that any file system might take for one. Latin1 in, as git's paths are. Pure. */
export const foldedName = (path: string): string =>
  utf8(path).normalize('NFD').toUpperCase().toLowerCase().normalize('NFD')

/** Whether the work tree's file system has one file for names that differ in case, or in how accents are written. */
export async function foldsNames(workTree: string, folder: PublishFolder): Promise<boolean> {
  const [plain, other] = await Promise.all([lookAt(join(workTree, '.git')), lookAt(join(workTree, '.GIT'))])
  if (plain && other && plain.ino === other.ino) return true
  return await areOneName(folder, Buffer.from('\u00e9'), Buffer.from('e\u0301'))
}

/** Asks the file system itself, in a folder of ours. */
async function areOneName(folder: PublishFolder, one: Buffer, other: Buffer): Promise<boolean> {
  const probe = join(folder.path, 'names')
  await mkdir(probe, { recursive: true })
  try {
    await writeFile(bytePath(probe, one.toString('latin1')), '')
    return await lstat(bytePath(probe, other.toString('latin1'))).then(
      () => true,
      () => false, // Two names, or one that is no name here at all: git says so when it writes it.
    )
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
}

/**
 * Two paths of a commit that would be one file here, of which the move adds one at least; what the branch held before stays as it is.
 * Undefined when there are none.
 */
export async function findCollision(
  user: GitOptions,
  to: string,
  added: readonly string[],
  folder: PublishFolder,
): Promise<readonly [string, string] | undefined> {
  if (added.length === 0) return undefined
  const listed = await gitOrThrow(['ls-tree', '-r', '-z', '--name-only', '--full-tree', to], user)
  const fresh = new Set(added.flatMap((path) => [...parentsOf(path), path]))
  const spellings = new Map<string, Set<string>>()
  for (const file of zeroSeparated(listed.stdout)) {
    for (const path of [...parentsOf(file), file]) {
      const key = foldedName(path)
      const known = spellings.get(key)
      if (known) known.add(path)
      else spellings.set(key, new Set([path]))
    }
  }
  for (const alike of spellings.values()) {
    if (alike.size < 2) continue
    const [first = '', second = ''] = [...alike].toSorted(
      (one, other) => Number(fresh.has(other)) - Number(fresh.has(one)),
    )
    if (!fresh.has(first)) continue
    if (await areOneName(folder, lastName(first), lastName(second))) return [first, second]
  }
  return undefined
}

/** Those above it are alike as well, and were looked at before, or are one and the same. */
const lastName = (path: string): Buffer => Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'latin1')
