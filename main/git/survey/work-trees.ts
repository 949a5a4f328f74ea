import { constants } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cut } from '../../core/cut.ts'
import { bytePath, shownPath } from '../process/byte-path.ts'
import { kindOf } from './check-clone.ts'
import type { CloneGitFolder } from './git-folders.ts'
import { GuestGitFolder } from './read-git-folder.ts'
import { type IndexHints, readIndex } from './read-index.ts'
import type { Head } from './read-tips.ts'
import type { GitFile } from './survey-files.ts'

/** A second work tree inside the clone. */
export interface InnerWorkTree {
  /** Below the clone; latin1. */
  readonly folder: string
  /** In words. */
  readonly name: string
  readonly head: Head
  readonly hints: IndexHints | undefined
  /** What its `.git` said; undefined when it has none. */
  readonly gitFile: string | undefined
}

export interface InnerWorkTrees {
  readonly trees: readonly InnerWorkTree[]
  readonly notes: readonly string[]
}

/** Where the guest sees the clone. */
const guestRoot = '/workspace/repo'

/**
 * The work trees inside a clone that its own `.git/worktrees` knows: by the `.git` files that were found in them, or by where they were
 * made, should such a file be gone. A `.git` file that leads elsewhere is told in a note.
 */
export async function findInnerWorkTrees(
  workspace: string,
  folder: CloneGitFolder | undefined,
  gitFiles: readonly GitFile[],
  objectFormat: 'sha1' | 'sha256',
): Promise<InnerWorkTrees> {
  const notes: string[] = []
  const trees = new Map<string, InnerWorkTree>()
  const add = async (name: string, place: string, gitFile: string | undefined) => {
    const known = folder?.tips.workTrees.find((tree) => tree.name === name)
    if (!known || !folder || trees.has(place) || place === '') return false
    const hints = await readHints(folder.path, `worktrees/${name}/index`, objectFormat)
    trees.set(place, {
      folder: place,
      name: `linked work tree ${cut(shownPath(name), 200)}`,
      head: known.head,
      hints,
      gitFile,
    })
    return true
  }
  for (const { folder: place, text } of gitFiles) {
    const name = /^gitdir: (?:.*\/)?\.git\/worktrees\/([^/\n]+)\/?\s*$/s.exec(text)?.[1]
    if (name === undefined || !(await add(name, place, text)))
      notes.push(`${shownPath(`${place}/.git`)} was left out: a .git that leads elsewhere`)
  }
  for (const { name, gitFile = '' } of folder?.tips.workTrees ?? []) {
    for (const root of [guestRoot, Buffer.from(workspace).toString('latin1')]) {
      if (!gitFile.startsWith(`${root}/`) || !gitFile.endsWith('/.git')) continue
      const place = gitFile.slice(root.length + 1, -'/.git'.length)
      const plain = place.split('/').every((part) => !['', '.', '..', '.git'].includes(part))
      if (plain && (await isFolderInside(workspace, place))) await add(name, place, undefined)
    }
  }
  return { trees: [...trees.values()], notes }
}

async function isFolderInside(workspace: string, place: string): Promise<boolean> {
  const parts = place.split('/')
  for (let count = 1; count <= parts.length; count++) {
    if ((await kindOf(bytePath(workspace, parts.slice(0, count).join('/')))) !== 'folder') return false
  }
  return true
}

/** Puts the `.git` files back that the survey took away: a task that was parked goes on in this clone. */
export async function restoreGitFiles(workspace: string, trees: readonly InnerWorkTree[]): Promise<void> {
  for (const { folder, gitFile } of trees) {
    if (gitFile === undefined) continue
    const path = bytePath(workspace, `${folder}/.git`)
    await rm(path, { force: true })
    await using file = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o644,
    )
    await file.writeFile(gitFile, 'latin1')
  }
}

const largestIndex = 256 * 1024 ** 2

/** What an index of a `.git` folder says; undefined when there is none that can be read. */
export async function readHints(
  gitFolder: string,
  path: string,
  objectFormat: 'sha1' | 'sha256',
): Promise<IndexHints | undefined> {
  const text = await new GuestGitFolder(gitFolder, { bytes: largestIndex, entries: 0 }).text(path, largestIndex)
  if (text === undefined) return undefined
  return readIndex(Buffer.from(text, 'latin1'), objectFormat)
}

/** Where Claude Code puts work trees of helpers; what lies there is one, whatever became of its `.git`. */
const claudeFolder = /^(\.claude\/worktrees\/[^/]+)\//

export const isInClaudeWorkTree = (path: string): boolean => claudeFolder.test(path)

/** The folders below `.claude/worktrees` among the paths of new files. */
export const claudeWorkTrees = (paths: Iterable<string>): readonly string[] => [
  ...new Set([...paths].flatMap((path) => claudeFolder.exec(path)?.[1] ?? [])),
]

export const pathOfWorkTree = (workspace: string, folder: string): string | undefined => {
  const text = Buffer.from(folder, 'latin1').toString('utf8')
  return Buffer.from(text).equals(Buffer.from(folder, 'latin1')) ? join(workspace, text) : undefined
}
