import { lstat, readdir, unlink } from 'node:fs/promises'
import { bytePath, shownPath } from './byte-path.ts'

export interface Survey {
  readonly notes: readonly string[]
  /** False when there was more than anybody can look through. */
  readonly complete: boolean
}

const mostEntries = 3_000_000
/** git reads these whole: larger ones are no lists of patterns. */
const largestPatterns = 10 * 1024 * 1024
const patternFiles = new Set(['.gitignore', '.gitattributes'])
const mostNotes = 20

/**
 * Walks a guest's work tree, following nothing, and removes what would stop git: FIFOs, sockets and devices, which git would wait
 * for, pattern files that would not fit into memory, and `.git` files and links inside, which lead elsewhere. The clone is the task's own and will not be used again.
 */
export async function surveyFiles(workspace: string, signal?: AbortSignal): Promise<Survey> {
  const notes: string[] = []
  let removed = 0
  let left = mostEntries
  const pending = ['']
  for (;;) {
    const folder = pending.pop()
    if (folder === undefined) break
    signal?.throwIfAborted()
    let entries: Awaited<ReturnType<typeof list>>
    try {
      entries = await list(bytePath(workspace, folder))
    } catch (error) {
      notes.push(`${shownPath(folder)} could not be read: ${(error as NodeJS.ErrnoException).code}`)
      continue
    }
    left -= entries.length
    if (left < 0) return { notes: [...notes, 'There are too many files to look through'], complete: false }
    for (const entry of entries) {
      const name = entry.name.toString('latin1')
      const path = folder === '' ? name : `${folder}/${name}`
      if (path === '.git') continue
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile() ? await isHarmful(workspace, path, name) : !entry.isSymbolicLink() || name === '.git') {
        await unlink(bytePath(workspace, path))
        removed += 1
        if (removed <= mostNotes)
          notes.push(
            `${shownPath(path)} was left out: not a regular file, too large for its kind, or a .git that leads elsewhere`,
          )
      }
    }
  }
  return { notes, complete: true }
}

async function isHarmful(workspace: string, path: string, name: string): Promise<boolean> {
  if (name === '.git') return true // It would lead git to a repository elsewhere.
  return patternFiles.has(name) && (await lstat(bytePath(workspace, path))).size > largestPatterns
}

const list = (folder: Buffer) => readdir(folder, { withFileTypes: true, encoding: 'buffer' })
