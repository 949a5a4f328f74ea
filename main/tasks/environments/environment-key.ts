import { createHash } from 'node:crypto'
import type { FlakeFiles } from '../../environment/flake-files.ts'
import { gitOrThrow } from '../../git/process/git.ts'
import { OutputTooLarge } from '../../lib/processes/output-too-large.ts'

interface EnvironmentParts {
  /** The key of the guest image. */
  readonly image: string
  /** The flake that stands in place of the repository's. */
  readonly given: FlakeFiles | null
  /** What `nixFilesOf` says of a repository whose own flake it is. */
  readonly own: readonly string[]
}

/** Twenty hexadecimal digits over what a prepared environment is made of. Pure. */
export const environmentKey = ({ image, given, own }: EnvironmentParts): string =>
  createHash('sha256')
    .update(JSON.stringify([image, given && [...given].toSorted(), own]))
    .digest('hex')
    .slice(0, 20)

/** A larger list is that of a repository with a million files. */
const mostBytes = 64 * 1024 ** 2

/**
 * The files of Nix in a commit and its lock files, each with the hash of what it holds. In a repository with more files than can be listed it is those
 * at the top alone: an environment that is older than its flake is still a correct one, since nix builds what is missing.
 */
export async function nixFilesOf(repoPath: string, commit: string, signal: AbortSignal): Promise<readonly string[]> {
  const list = async (...how: string[]) => {
    const call = { cwd: repoPath, trust: 'user', outputLimitBytes: mostBytes } as const
    const { stdout } = await gitOrThrow(['ls-tree', ...how, '-z', commit], call, signal)
    return stdout.split('\0').filter((line) => /(\.nix|\/flake\.lock|\tflake\.lock)$/.test(line))
  }
  try {
    return await list('-r')
  } catch (error) {
    if (error instanceof OutputTooLarge) return await list()
    throw error
  }
}
