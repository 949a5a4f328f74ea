import { join } from 'node:path'
import type { Failure } from '../../../core/failure.ts'
import { entryExists } from '../../../lib/files/look.ts'
import { shownPath } from '../../process/byte-path.ts'
import { type GitOptions, gitQuickly, utf8, zeroSeparated } from '../../process/git.ts'

/** Why no task can start from what is checked out; `none` when there is no flake.nix anywhere at the top. */
export interface FlakeProblem extends Failure {
  readonly none: boolean
}

/**
 * Whether the commit that is checked out has a `flake.nix` that a task can use, since a task sees what is committed and nothing else.
 * @returns null when it has. A path that is no repository is for `inspectRepository` to judge.
 */
export async function findFlakeProblem(path: string, signal?: AbortSignal): Promise<FlakeProblem | null> {
  const options = { cwd: path, trust: 'user' } as const
  const input = 'HEAD^{commit}\nHEAD:flake.nix\n'
  const asked = ['cat-file', '--batch-check', '--follow-symlinks']
  const { stdout } = await gitQuickly(asked, { ...options, input }, signal)
  const [commit = '', flake = ''] = stdout.split('\n')
  if (!/^[0-9a-f]+ commit /.test(commit)) return await noCommit(path, options, signal)
  if (/^[0-9a-f]+ blob /.test(flake)) return null
  if (/^[0-9a-f]+ tree /.test(flake)) {
    return flakeMissing(`flake.nix in ${path} is a folder`, 'It must be a file at the top of the repository')
  }
  if (/^(dangling|symlink|loop|notdir) /.test(flake)) {
    const hint = 'Commit the file that it is to lead to, inside the repository'
    return flakeMissing(`flake.nix in ${path} is a link that leads to no committed file`, hint)
  }
  return await notCommitted(path, options, signal)
}

async function noCommit(path: string, options: GitOptions, signal?: AbortSignal): Promise<FlakeProblem> {
  const [head, any] = await Promise.all([
    gitQuickly(['rev-parse', '--verify', '--quiet', 'HEAD'], options, signal),
    gitQuickly(['for-each-ref', '--count=1', '--format=%(refname:short)', 'refs/heads'], options, signal),
  ])
  const problem = (message: string, hint: string): FlakeProblem => ({
    ...{ code: 'repository-invalid', message, hint, none: false },
  })
  if (head.exitCode === 0) {
    return problem(`git cannot read the commit that is checked out in ${path}`, `Ask git why: git -C ${path} fsck`)
  }
  const branch = utf8(any.stdout).trim()
  if (branch === '') return problem(`${path} has no commit yet`, 'Commit something first, flake.nix with it')
  const hint = `Check out a branch that has one: git -C ${path} switch ${branch}`
  return problem(`The branch that is checked out in ${path} has no commit`, hint)
}

/** What stands in place of a committed flake.nix, and the way to one. */
async function notCommitted(path: string, options: GitOptions, signal?: AbortSignal): Promise<FlakeProblem> {
  const [staged, ignored, isThere, top, below] = await Promise.all([
    gitQuickly(['ls-files', '--cached', '--', 'flake.nix'], options, signal),
    gitQuickly(['check-ignore', '--quiet', 'flake.nix'], options, signal),
    entryExists(join(path, 'flake.nix')),
    gitQuickly(['ls-tree', '-z', '--name-only', 'HEAD'], options, signal),
    gitQuickly(['ls-files', '-z', '--', ':(glob)*/flake.nix'], options, signal),
  ])
  const notYet = `flake.nix in ${path} is not committed, and a task sees only what is`
  if (staged.stdout !== '') return flakeMissing(notYet, `Run: git -C ${path} commit`)
  if (isThere && ignored.exitCode === 0) {
    const hint = `Run: git -C ${path} add --force flake.nix && git -C ${path} commit`
    return flakeMissing(`${notYet}: git ignores it`, hint)
  }
  if (isThere) return flakeMissing(notYet, `Run: git -C ${path} add flake.nix && git -C ${path} commit`)
  const other = zeroSeparated(top.stdout).find((name) => name.toLowerCase() === 'flake.nix')
  if (other !== undefined) {
    const hint = `Run: git -C ${path} mv ${other} flake.nix && git -C ${path} commit`
    return flakeMissing(`The flake in ${path} is named ${other}, and Nix looks for flake.nix`, hint)
  }
  const [deeper] = zeroSeparated(below.stdout)
  const add = 'Add one with a devShells.default output and commit it'
  const hint = deeper === undefined ? add : `${add}; the one in ${shownPath(deeper)} is not at the top`
  return { ...flakeMissing(`No flake.nix found in ${path}`, hint), none: true }
}

const flakeMissing = (message: string, hint: string): FlakeProblem => ({
  ...{ code: 'flake-missing', message, hint, none: false },
})
