import { lstat, readdir, readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type HomePart, homeParts } from '../core/home-parts.ts'
import { unusable } from '../lib/files/private-folder.ts'

/** Where the user's Claude Code has its files. */
export const claudeFolder = (env: NodeJS.ProcessEnv): string =>
  env.CLAUDE_CONFIG_DIR || join(env.HOME || homedir(), '.claude')

interface HomeFile {
  /** Below the folder of Claude Code. */
  readonly path: string
  readonly text: string
  readonly executable: boolean
}

export interface HomeFiles {
  readonly files: readonly HomeFile[]
  /** What stays at home although it lies there, and why. */
  readonly leftOut: readonly { readonly path: string; readonly why: string }[]
}

const most = { files: 256, bytes: 1024 ** 2, depth: 6 } as const

/**
 * Copies of the parts that the user has. A part itself may be a link, as those have it who keep such files elsewhere; links in it, hidden
 * files, what is no text, what holds a secret by its look, and what brings hooks stay at home.
 * @throws AppError('home-unusable') for what cannot be read.
 */
export async function readClaudeHome(folder: string, parts: readonly HomePart[]): Promise<HomeFiles> {
  const files: HomeFile[] = []
  const leftOut: { path: string; why: string }[] = []
  let bytes = 0
  const take = async (path: string, at: string, depth: number): Promise<void> => {
    const look = await lstat(at)
    if (look.isDirectory()) {
      const why = depth >= most.depth ? 'it lies too deep' : whyNot(`${path}/`, true)
      if (why !== null) return void leftOut.push({ path, why }) // Not looked into: a history alone has thousands of files.
      for (const name of (await readdir(at)).sort()) await take(`${path}/${name}`, join(at, name), depth + 1)
      return
    }
    const why =
      whyNot(path, look.isFile()) ?? (files.length >= most.files || bytes + look.size > most.bytes ? tooMuch : null)
    if (why !== null) return void leftOut.push({ path, why })
    const text = await readFile(at, 'utf8')
    const unfit = whyUnfit(text)
    if (unfit !== null) return void leftOut.push({ path, why: unfit })
    bytes += look.size
    files.push({ path, text, executable: (look.mode & 0o100) !== 0 })
  }
  for (const part of homeParts.filter((each) => parts.includes(each))) {
    try {
      await take(part, await realpath(join(folder, part)), 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(join(folder, part), error)
    }
  }
  return { files, leftOut }
}

const tooMuch = `more than ${most.files} files or 1 MiB`

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

/** The list of what came along, for the task's record. */
export function homeNote({ files, leftOut }: HomeFiles): string | null {
  const names = (all: readonly { readonly path: string }[]): string => {
    const shown = all.slice(0, 40).map(({ path }) => path)
    return `${shown.join(', ')}${all.length > shown.length ? ` and ${all.length - shown.length} more` : ''}`
  }
  if (files.length === 0 && leftOut.length === 0) return null
  const came =
    files.length > 0 ? `Came along from your Claude Code: ${names(files)}` : 'Nothing of your Claude Code came along'
  return leftOut.length > 0 ? `${came}; stayed at home: ${names(leftOut)}` : came
}
