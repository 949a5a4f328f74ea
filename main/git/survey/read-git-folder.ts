import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { isShortage } from '../../lib/shortage.ts'
import { bytePath } from '../process/byte-path.ts'

/**
 * A `.git` folder that a guest has written, read as files: no link is followed, nothing but regular files is opened, and what is read
 * in all is bounded. Paths are latin1, one character a byte, because names of branches are bytes.
 */
export class GuestGitFolder {
  readonly path: string
  #bytesLeft: number
  #entriesLeft: number
  /** Whether something was not read because of these limits. */
  exceeded = false

  constructor(path: string, limits: { readonly bytes: number; readonly entries: number } = guestLimits) {
    this.path = path
    this.#bytesLeft = limits.bytes
    this.#entriesLeft = limits.entries
  }

  /** The file's text, its last `limitBytes` where it is longer; undefined when there is none to be read. */
  async text(path: string, limitBytes: number): Promise<string | undefined> {
    if (!(await this.#parentsAreFolders(path))) return undefined
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      await using file = await open(bytePath(this.path, path), flags)
      const found = await file.stat()
      if (!found.isFile() || found.nlink !== 1) return undefined
      const length = Math.min(found.size, limitBytes, this.#bytesLeft)
      if (length < found.size) this.exceeded = true
      this.#bytesLeft -= length
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await file.read(bytes, 0, length, found.size - length)
      return bytes.toString('latin1', 0, bytesRead)
    } catch (error) {
      if (isShortage(error)) throw error // The host's fault, not the file's.
      return undefined // Missing, a link, or nothing that could be opened: there is no text.
    }
  }

  /** Names in a folder; none where there is no folder to be read. */
  async names(path: string): Promise<readonly GuestEntry[]> {
    if (path !== '' && !(await this.#parentsAreFolders(`${path}/x`))) return []
    try {
      const entries = await readdir(bytePath(this.path, path), { withFileTypes: true, encoding: 'buffer' })
      if (entries.length > this.#entriesLeft) this.exceeded = true
      const taken = entries.slice(0, Math.max(0, this.#entriesLeft))
      this.#entriesLeft -= taken.length
      return taken.map((entry) => ({
        name: entry.name.toString('latin1'),
        kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other',
      }))
    } catch (error) {
      if (isShortage(error)) throw error
      return [] // Missing or unreadable: nothing in it can be had.
    }
  }

  /** Paths of the files below a folder, at any depth. */
  async filesBelow(path: string): Promise<readonly string[]> {
    const files: string[] = []
    const pending = [path]
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      for (const { name, kind } of await this.names(folder)) {
        if (kind === 'folder') pending.push(`${folder}/${name}`)
        else if (kind === 'file') files.push(`${folder}/${name}`)
      }
    }
    return files
  }

  async #parentsAreFolders(path: string): Promise<boolean> {
    const parts = path.split('/').slice(0, -1)
    for (let count = 1; count <= parts.length; count++) {
      try {
        if (!(await lstat(bytePath(this.path, parts.slice(0, count).join('/')))).isDirectory()) return false
      } catch (error) {
        if (isShortage(error)) throw error
        return false // No folder is there.
      }
    }
    return true
  }
}

interface GuestEntry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
}

const guestLimits = { bytes: 256 * 1024 ** 2, entries: 200_000 }
