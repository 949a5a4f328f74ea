import { shownPath } from './byte-path.ts'
import { type GitOptions, gitOrThrow } from './git.ts'

/** Bytes that one file, and all new files of a task together, may have once they are unpacked. */
export interface SizeLimits {
  readonly file: number
  readonly total: number
}

/** A file of zeros takes a thousandth of its size in a pack, and all of it in a checkout. */
export const sizeLimits: SizeLimits = { file: 2 * 1024 ** 3, total: 16 * 1024 ** 3 }

/**
 * Looks at the sizes of what a commit brings beyond the start, before anything of it is checked out.
 * @returns what is too large, or undefined.
 */
export async function findOversized(
  { commit, startCommit }: { readonly commit: string; readonly startCommit: string },
  options: GitOptions,
  limits: SizeLimits = sizeLimits,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const listed = await gitOrThrow(
    ['rev-list', '--objects', '--missing=allow-any', commit, `^${startCommit}`],
    options,
    signal,
  )
  const format = '--batch-check=%(objecttype) %(objectsize) %(rest)'
  const sized = await gitOrThrow(['cat-file', '--buffer', format], { ...options, input: listed.stdout }, signal)
  let total = 0
  for (const line of sized.stdout.split('\n')) {
    const [, size = '', path = ''] = /^blob (\d+) (.*)$/.exec(line) ?? []
    total += Number(size)
    if (Number(size) > limits.file) return `${shownPath(path)} is larger than ${inWords(limits.file)}`
  }
  return total > limits.total ? `its files are larger than ${inWords(limits.total)} in all` : undefined
}

const inWords = (bytes: number): string =>
  bytes >= 1024 ** 3 ? `${Math.round(bytes / 1024 ** 3)} GiB` : `${bytes} bytes`
