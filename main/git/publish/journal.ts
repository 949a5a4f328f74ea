import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type ProcessIdentity, startTimeOf } from '../../lib/processes/process-identity.ts'

/** Below a repository's common git folder: one folder for each move of a checkout that is under way, or that a crash cut off. */
export const publications = 'microvm-orchestrator-publish'

/** A file as `lstat` tells it, to know it again. Numbers as text: inodes and nanoseconds need more than 53 bits. */
const seenFile = z.object({ ino: z.string(), size: z.string(), mtimeNs: z.string() })
export type SeenFile = z.infer<typeof seenFile>

/** Relative, of the work tree, and never inside a `.git`: what is read back from a file is checked like anything else. Latin1. */
const path = z.string().refine((text) => {
  const parts = text.split('/')
  return parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
})

/** One change of the work tree. What it replaces or removes waits at `old/NUMBER` of the journal's folder. */
const step = z.discriminatedUnion('kind', [
  /** A file leaves. */
  z.object({ kind: z.literal('away'), path, old: z.number().int(), was: seenFile }),
  /** A folder leaves if nothing is in it. */
  z.object({ kind: z.literal('remove-folder'), path, mode: z.number().int() }),
  z.object({ kind: z.literal('make-folder'), path }),
  /** A staged file comes, in place of one that was there or not. */
  z.object({
    kind: z.literal('bring'),
    path,
    staged: seenFile,
    over: z.object({ old: z.number().int(), was: seenFile }).nullable(),
  }),
])
export type Step = z.infer<typeof step>

const journal = z.object({
  version: z.literal(1),
  /** The folder's own inode: a copy of the repository has another one, and its journal is about other files than it says. */
  self: z.string(),
  writer: z.object({ pid: z.number().int(), startTime: z.string() }),
  branch: z.string(),
  from: z.string(),
  to: z.string(),
  workTree: z.string(),
  gitDirectory: z.string(),
  /** What git holds for us while the branch is locked; the file is null until git has said that it holds it. */
  locks: z.array(z.object({ path: z.string(), seen: seenFile.nullable() })),
  startedMs: z.number(),
  steps: z.array(step),
})
export type Journal = z.infer<typeof journal>

/** The folder of one move, with the names in it. */
export interface PublishFolder {
  readonly id: string
  readonly path: string
  readonly journal: string
  /** The next index, while it is made and until it is put in place. */
  readonly index: string
  /** The index that it replaces. */
  readonly indexBefore: string
  /** A second name of the next index, by which it is known when it is in place. */
  readonly indexAfter: string
  /** What `index.lock` is a second name of. */
  readonly lock: string
  /** The new files, at their paths in the work tree. */
  readonly staged: string
  readonly old: string
}

export const publishFolder = (commonDirectory: string, id: string): PublishFolder => {
  const folder = join(commonDirectory, publications, id)
  return {
    id,
    path: folder,
    journal: join(folder, 'journal.json'),
    index: join(folder, 'index'),
    indexBefore: join(folder, 'index-before'),
    indexAfter: join(folder, 'index-after'),
    lock: join(folder, 'lock'),
    staged: join(folder, 'staged'),
    old: join(folder, 'old'),
  }
}

/** A new one, which only this user can write to. Where it cannot be made whole, nothing of it stays. */
export async function makePublishFolder(commonDirectory: string): Promise<PublishFolder> {
  const folder = publishFolder(commonDirectory, randomUUID())
  try {
    await mkdir(folder.path, { recursive: true, mode: 0o700 })
    await mkdir(folder.staged)
    await mkdir(folder.old)
    return folder
  } catch (error) {
    await removePublishFolder(folder).catch(() => undefined) // The next merge removes it: no journal is in it.
    throw error
  }
}

/** On disk before it is answered, unless `flush` is false: then the one that was there before is as good after a power cut. */
export async function writeJournal(folder: PublishFolder, content: Journal, flush = true): Promise<void> {
  const temporary = `${folder.journal}.new`
  await writeFile(temporary, JSON.stringify(content), { mode: 0o600, flush })
  await rename(temporary, folder.journal)
}

/** Null where none was written, so that no file of the work tree was touched. @throws when it cannot be read or understood. */
export async function readJournal(folder: PublishFolder): Promise<Journal | null> {
  let text: string
  try {
    text = await readFile(folder.journal, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  return journal.parse(JSON.parse(text))
}

export async function removePublishFolder(folder: PublishFolder): Promise<void> {
  await rm(folder.path, { recursive: true, force: true })
  await removePublications(dirname(dirname(folder.path)))
}

/** Removes the folder of all these folders if it is empty: where another one is in it, that one's end removes it. */
export async function removePublications(commonDirectory: string): Promise<void> {
  await rmdir(join(commonDirectory, publications)).catch(() => undefined)
}

export async function thisProcess(): Promise<ProcessIdentity> {
  return { pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? '' }
}

/** Undefined where there is no such file. */
export async function see(file: string | Buffer): Promise<SeenFile | undefined> {
  const found = await lookAt(file)
  return found && asSeen(found)
}

export const asSeen = (found: { ino: bigint; size: bigint; mtimeNs: bigint }): SeenFile => ({
  ino: String(found.ino),
  size: String(found.size),
  mtimeNs: String(found.mtimeNs),
})

export async function lookAt(file: string | Buffer) {
  try {
    return await lstat(file, { bigint: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

export const isSameFile = (one: SeenFile | undefined, other: SeenFile | undefined): boolean =>
  one !== undefined && one.ino === other?.ino && one.size === other.size && one.mtimeNs === other.mtimeNs
