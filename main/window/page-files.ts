import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { packageDirectory } from '../lib/files/paths.ts'
import { acceptsCoding } from '../lib/http/http-message.ts'

/** Where the build puts the window, in a checkout, an installed package and the packed app alike. */
export const pageDirectory = (): string => join(packageDirectory(), 'dist', 'renderer')

/** What a document of the window may do: load its own files and talk to its own host. Nothing is inline, styles neither. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Sent with every file of the window. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

export interface PageFile {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Codings in which the build leaves a file beside itself, the smallest first. */
const codings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

/**
 * The file of the window at a URL's path; undefined when there is none, or it is none of the window's.
 * @param accepts what a browser says it can read, as `Accept-Encoding` has it; left out, nothing but the file itself.
 */
export async function readPageFile(directory: string, pathname: string, accepts = ''): Promise<PageFile | undefined> {
  let path: string
  try {
    path = normalize(decodeURIComponent(pathname))
  } catch {
    return undefined // No valid escape: no name of ours.
  }
  if (path.includes('\0') || path.split(sep).includes('..')) return undefined
  const name = path === '/' ? '/index.html' : path
  const type = types[extname(name)]
  if (type === undefined) return undefined
  try {
    // Names under `assets` carry the hash of their content.
    const caching = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    const headers = { ...pageHeaders, 'content-type': type, 'cache-control': caching, vary: 'accept-encoding' }
    const path = join(directory, name)
    for (const coding of codings) {
      if (!acceptsCoding(accepts, coding.name)) continue
      const bytes = await readFile(path + coding.ending).catch(() => undefined)
      if (bytes) return { bytes, headers: { ...headers, 'content-encoding': coding.name } }
    }
    return { bytes: await readFile(path), headers }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined
    throw error
  }
}
