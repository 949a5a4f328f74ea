import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packageDirectory } from '../lib/files/paths.ts'

/** Where a checkout keeps workers in one file, each named by the sources that it was made of. */
export const bundlesDirectory = (root = packageDirectory()): string =>
  join(root, 'node_modules', '.cache', 'microvm-orchestrator')

/**
 * The worker of these very sources in one file, which starts in half the time of several hundred modules. It need not be there: the
 * tests of a checkout make it. Sources are distinguished by their names, sizes and times, as build tools do: it takes milliseconds.
 */
export function bundlePath(root = packageDirectory()): string {
  const hash = createHash('sha256')
  const sources = readdirSync(join(root, 'main'), { recursive: true, encoding: 'utf8' })
  const programs = sources.filter((name) => name.endsWith('.ts')).map((name) => join('main', name))
  for (const name of [...programs.sort(), 'package-lock.json', 'vite.config.ts']) {
    const { size, mtimeMs } = statSync(join(root, name))
    hash.update(`${name}\0${size}\0${mtimeMs}\0`)
  }
  return join(bundlesDirectory(root), `${hash.digest('hex').slice(0, 16)}.mjs`)
}

let known: string | undefined

/** The bundle of the sources that this process was started from, if it has been made. */
export function bundledWorker(): string | undefined {
  if (!existsSync(bundlesDirectory())) return undefined
  known ??= bundlePath()
  return existsSync(known) ? known : undefined
}
