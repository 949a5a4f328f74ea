import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface HomeFile {
  /** Below the folder of Claude Code in the guest. */
  readonly path: string
  readonly text: string
  readonly executable: boolean
  /** Of a server: where it leads. */
  readonly url?: string
}

export interface HomeFiles {
  readonly files: readonly HomeFile[]
  /** What stays at home although it lies there, and why. */
  readonly leftOut: readonly { readonly path: string; readonly why: string }[]
}

const most = { files: 256, bytes: 1024 ** 2, depth: 6 } as const
const tooMuch = `more than ${most.files} files or 1 MiB`

/** Collects what comes along, within bounds on files and bytes that hold for all of it together. */
export class HomeCopies implements HomeFiles {
  readonly files: HomeFile[] = []
  readonly leftOut: { path: string; why: string }[] = []
  #bytes = 0

  leave(path: string, why: string): void {
    this.leftOut.push({ path, why })
  }

  /** A text of our own making, held to the same rules. False where it stays at home. */
  add(path: string, text: string, url?: string): boolean {
    return this.#keep(path, text, {
      size: Buffer.byteLength(text),
      executable: false,
      ...(url !== undefined && { url }),
    })
  }

  /**
   * Copies a file, or a folder with all below it: no links, no hidden files, nothing that is no text, holds a secret by its look or brings hooks.
   * @throws what reading throws.
   */
  async take(path: string, at: string, depth = 0): Promise<void> {
    const look = await lstat(at)
    if (look.isDirectory()) {
      const why = depth >= most.depth ? 'it lies too deep' : whyNot(`${path}/`, true)
      if (why !== null) return this.leave(path, why) // Not looked into: a history alone has thousands of files.
      for (const name of (await readdir(at)).sort()) await this.take(`${path}/${name}`, join(at, name), depth + 1)
      return
    }
    const why = whyNot(path, look.isFile()) ?? (this.#isFull(look.size) ? tooMuch : null)
    if (why !== null) return this.leave(path, why)
    this.#keep(path, await readFile(at, 'utf8'), { size: look.size, executable: (look.mode & 0o100) !== 0 })
  }

  #keep(path: string, text: string, { size, ...rest }: { size: number; executable: boolean; url?: string }): boolean {
    const why = this.#isFull(size) ? tooMuch : whyUnfit(text)
    if (why !== null) {
      this.leave(path, why)
      return false
    }
    this.#bytes += size
    this.files.push({ path, text, ...rest })
    return true
  }

  #isFull(size: number): boolean {
    return this.files.length >= most.files || this.#bytes + size > most.bytes
  }
}

const whyNot = (path: string, isFile: boolean): string | null =>
  /(^|\/)(\.|node_modules\/)/.test(path) ? 'it is hidden' : isFile ? null : 'it is a link, or no file'

/** Forms of well-known tokens and keys. */
const secrets =
  /sk-ant-[\w-]{8}|sk-[A-Za-z0-9]{32}|\bgh[pousr]_\w{20}|github_pat_\w{20}|\bglpat-[\w-]{16}|\bnpm_\w{30}|\bAKIA[0-9A-Z]{16}\b|\bxox[abpr]-[\w-]{10}|-----BEGIN [A-Z ]*PRIVATE KEY-----/

function whyUnfit(text: string): string | null {
  if (text.includes('\0') || text.includes('\ufffd')) return 'it is no text'
  if (secrets.test(text)) return 'it holds what looks like a secret'
  const [, front] = /^\ufeff?---\r?\n(.*?)\r?\n---/s.exec(text) ?? []
  return front !== undefined && /^["']?hooks["']?\s*:/m.test(front) ? 'it brings hooks' : null
}
