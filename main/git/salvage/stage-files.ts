import { lstat, readlink } from 'node:fs/promises'
import { isShortage } from '../../lib/shortage.ts'
import { bytePath } from '../process/byte-path.ts'
import { type GitCalls, GitError, gitOrThrow, gitQuickly } from '../process/git.ts'

/** Halves that are tried before what is left of the paths is stored as it is, and files that cannot be read before the rest is given up. */
const mostTries = 200
const mostUnreadable = 100

/**
 * Puts files of the work tree into the index as git would. One that git cannot convert as its attributes say keeps no other one back:
 * it is stored byte for byte.
 * @returns the paths of those that could not be read.
 */
export async function stageFiles(
  workspace: string,
  paths: readonly string[],
  options: readonly string[],
  call: GitCalls,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const asTheyAre: string[] = []
  const pending = paths.length === 0 ? [] : [paths]
  for (let tries = 0; ; tries += 1) {
    const some = pending.pop()
    if (some === undefined) break
    if (tries >= mostTries) asTheyAre.push(...some)
    else if (await taken(some, options, call, signal)) continue
    else if (some.length === 1) asTheyAre.push(...some)
    else {
      const half = Math.ceil(some.length / 2)
      pending.push(some.slice(half), some.slice(0, half))
    }
  }
  return await stageAsTheyAre(workspace, asTheyAre, call, signal)
}

/** git takes all of them or none. @throws when the host is short of room. */
async function taken(
  paths: readonly string[],
  options: readonly string[],
  call: GitCalls,
  signal?: AbortSignal,
): Promise<boolean> {
  const input = paths.map((path) => `${path}\0`).join('')
  const args = ['update-index', '-z', ...options, '--stdin']
  const result = await gitQuickly(args, call(input), signal)
  if (result.exitCode === 0) return true
  const error = new GitError(args, result)
  if (isShortage(error)) throw error
  return false
}

async function stageAsTheyAre(
  workspace: string,
  paths: readonly string[],
  call: GitCalls,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const files: { readonly path: string; readonly mode: string }[] = []
  const entries: string[] = []
  const unreadable: string[] = []
  for (const path of paths) {
    const full = bytePath(workspace, path)
    const found = await lstat(full).catch(() => null) // It has gone, or its folder cannot be read: the file counts as unreadable.
    if (found?.isFile()) files.push({ path, mode: (Number(found.mode) & 0o100) === 0 ? '100644' : '100755' })
    else if (found?.isSymbolicLink()) {
      const target = await readlink(full, { encoding: 'buffer' })
      const stored = await gitOrThrow(['hash-object', '-w', '--stdin'], call(target.toString('latin1')), signal)
      entries.push(`120000 ${stored.stdout.trim()}\t${path}\0`)
    } else unreadable.push(path)
  }
  let rest = files
  while (rest.length > 0 && unreadable.length < mostUnreadable) {
    const args = ['hash-object', '-w', '--no-filters', '--stdin-paths']
    const result = await gitQuickly(args, call(rest.map(({ path }) => `${quoted(path)}\n`).join('')), signal)
    const ids = result.stdout.split('\n').slice(0, -1)
    for (const [index, id] of ids.entries()) entries.push(`${rest[index]?.mode} ${id}\t${rest[index]?.path}\0`)
    rest = rest.slice(ids.length)
    if (result.exitCode === 0) break
    const error = new GitError(args, result)
    if (isShortage(error)) throw error
    // It ends at the first file that it cannot read.
    unreadable.push(...rest.slice(0, 1).map(({ path }) => path))
    rest = rest.slice(1)
  }
  await putEntries(entries, call, signal)
  return [...unreadable, ...rest.map(({ path }) => path)]
}

/** Puts objects into the index, each as `MODE ID\tPATH\0`; one takes the place of whatever is there. */
export async function putEntries(entries: readonly string[], call: GitCalls, signal?: AbortSignal): Promise<void> {
  if (entries.length === 0) return
  await gitOrThrow(['update-index', '-z', '--replace', '--index-info'], call(entries.join('')), signal)
}

/** A path as a line of its own, whatever bytes it has: git reads a line that begins with a quote as C does. */
const quoted = (path: string): string =>
  `"${[...path].map((byte) => (/[\w./-]/.test(byte) ? byte : `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`)).join('')}"`
