import { constants } from 'node:fs'
import { chmod, link, lstat, open, readdir, unlink } from 'node:fs/promises'
import { bytePath, shownPath } from '../process/byte-path.ts'
import { NoteList } from '../salvage/bounded-notes.ts'

export interface Survey {
  readonly notes: readonly string[]
  /** False when there was more than anybody can look through. */
  readonly complete: boolean
  /** Files called `.git` that were found and taken away, with what they said. */
  readonly gitFiles: readonly GitFile[]
  /** Folders that are built like a `.git` folder; those called so, at the top, not among them. */
  readonly gitFolders: readonly string[]
}

export interface GitFile {
  /** Of the folder that it lay in; latin1. */
  readonly folder: string
  readonly text: string
}

const mostEntries = 3_000_000
/** git reads these whole: larger ones are no lists of patterns. */
const largestPatterns = 10 * 1024 * 1024
const patternFiles = new Set(['.gitignore', '.gitattributes'])
const mostGitFiles = 1_000

/**
 * Walks a guest's work tree, following nothing, and takes away what would stop git: FIFOs, sockets and devices, which git would wait
 * for, and `.git` files and links inside, which lead elsewhere. Pattern files that would not fit into memory get another name.
 */
export async function surveyFiles(workspace: string, signal?: AbortSignal): Promise<Survey> {
  const left = new NoteList()
  const unread = new NoteList()
  const gitFiles: GitFile[] = []
  const gitFolders: string[] = []
  let complete = true
  let entriesLeft = mostEntries
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    signal?.throwIfAborted()
    const entries = await listReadable(bytePath(workspace, folder))
    if (typeof entries === 'string') {
      unread.add(`${shownPath(folder)} could not be read: ${entries}`)
      continue
    }
    entriesLeft -= entries.length
    if (entriesLeft < 0) {
      unread.add('There are too many files to look through')
      complete = false
      break
    }
    if (folder !== '' && isGitFolder(entries)) gitFolders.push(folder)
    for (const entry of entries) {
      const name = entry.name.toString('latin1')
      const path = folder === '' ? name : `${folder}/${name}`
      if (path === '.git') continue
      if (entry.isDirectory()) {
        pending.push(path)
        continue
      }
      const harm = await harmOf(workspace, path, entry)
      if (harm === null) continue
      const isKept = harm === 'git-file' && gitFiles.length < mostGitFiles
      if (isKept) gitFiles.push({ folder, text: await beginningOf(bytePath(workspace, path)) })
      try {
        const said = await takeAway(workspace, path, harm, { isKept })
        if (said !== null) left.add(said)
      } catch (error) {
        // git might wait for it: then nothing but what it knows already is asked of it.
        complete = false
        unread.add(`${shownPath(path)} could not be taken out of the way: ${(error as NodeJS.ErrnoException).code}`)
      }
    }
  }
  const notes = [
    ...left.all((count) => `${count} more were left out for the same reason`),
    ...unread.all((count) => `${count} more could not be read`),
  ]
  return { notes, complete, gitFiles, gitFolders }
}

type Entries = Awaited<ReturnType<typeof list>>

type Harm = 'git-file' | 'huge-patterns' | 'other'

async function harmOf(workspace: string, path: string, entry: Entries[number]): Promise<Harm | null> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (!entry.isFile()) return !entry.isSymbolicLink() || name === '.git' ? 'other' : null
  if (name === '.git') return 'git-file'
  return (await isHugePatternFile(workspace, path, name)) ? 'huge-patterns' : null
}

/** @returns what is to be said of it; null of a `.git` file that was kept, of which others say it. */
async function takeAway(
  workspace: string,
  path: string,
  harm: Harm,
  { isKept }: { readonly isKept: boolean },
): Promise<string | null> {
  if (harm === 'huge-patterns') {
    const aside = await moveAside(workspace, path)
    return `${shownPath(path)} is too large for its kind: saved as ${shownPath(aside)}`
  }
  await unlink(bytePath(workspace, path))
  if (isKept) return null
  if (harm === 'git-file') return `${shownPath(path)} was left out: the clone has more than ${mostGitFiles} of them`
  return `${shownPath(path)} was left out: not a regular file, or a .git that leads elsewhere`
}

/** Gives a file a name that says nothing to git, so that it is saved like any other. @returns its new path. */
async function moveAside(workspace: string, path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const aside = `${path}.too-large${n === 1 ? '' : `-${n}`}`
    try {
      await link(bytePath(workspace, path), bytePath(workspace, aside)) // Never over another file.
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || n === 1_000) throw error
      continue
    }
    await unlink(bytePath(workspace, path))
    return aside
  }
}

/** The entries, or why there are none. A folder that its owner may not read is ours to open. */
async function listReadable(folder: Buffer): Promise<Entries | string> {
  for (const isLast of [false, true]) {
    try {
      return await list(folder)
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException
      if (code !== 'EACCES' || isLast) return code
      await chmod(folder, 0o700).catch(() => undefined) // Another owner's: the next try says so.
    }
  }
  return 'EACCES'
}

function isGitFolder(entries: Entries): boolean {
  const kinds = new Map(entries.map((entry) => [entry.name.toString('latin1'), entry]))
  return !!kinds.get('objects')?.isDirectory() && !!kinds.get('refs')?.isDirectory() && !!kinds.get('HEAD')?.isFile()
}

async function isHugePatternFile(workspace: string, path: string, name: string): Promise<boolean> {
  return patternFiles.has(name) && (await lstat(bytePath(workspace, path))).size > largestPatterns
}

async function beginningOf(path: Buffer): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const bytes = Buffer.alloc(8192)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
  return bytes.toString('latin1', 0, bytesRead)
}

const list = (folder: Buffer) => readdir(folder, { withFileTypes: true, encoding: 'buffer' })
