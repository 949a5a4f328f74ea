import { existsSync } from 'node:fs'
import { AppError } from '../../core/failure.ts'

/** The error for a git that cannot be started at all, or undefined when that is not what happened. */
export function missingGit(cwd: string, said: string, platform = process.platform): AppError | undefined {
  // A folder that is gone has the same error as a program that is.
  const isAbsent = /\bspawn \S*git ENOENT\b/.test(said) && existsSync(cwd)
  // The `git` of a Mac is a stand-in until the developer tools are there.
  const isStandIn = /^xcode-select: note: no developer tools|^xcrun: error: invalid active developer path/im.test(said)
  if (!isAbsent && !isStandIn) return undefined
  return new AppError('host-incomplete', 'git is missing: it is not installed, or not in the PATH of this program', {
    hint:
      platform === 'darwin'
        ? 'Run: xcode-select --install'
        : 'Install it with the package manager of this system: apt-get install git',
  })
}
