import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { namesIn } from '../../lib/files/names-in.ts'
import { gitOrThrow, gitQuickly, gitText, utf8, zeroSeparated } from '../process/git.ts'

/** Where a branch stands, and whether it may be moved now. */
export type BranchState =
  | { readonly kind: 'gone' }
  | { readonly kind: 'busy'; readonly operation: string }
  | {
      readonly kind: 'ready'
      readonly tip: string
      /** The work tree that has it checked out; null when none has. */
      readonly checkout: Checkout | null
    }

export interface Checkout {
  readonly path: string
  /** The work tree's own `.git` folder, where its index lies. */
  readonly gitDirectory: string
}

/** Files that git keeps in a work tree's folder while an operation waits for the user. */
const operations: readonly (readonly [file: string, operation: string])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['sequencer', 'cherry-pick or revert'],
  ['BISECT_LOG', 'bisect'],
]

/** The branch in the user's repository, as all its work trees together show it. */
export async function branchState(
  repository: { readonly path: string; readonly commonDirectory: string; readonly gitDirectory: string },
  branch: string,
  signal?: AbortSignal,
): Promise<BranchState> {
  const options = { cwd: repository.path, trust: 'user' } as const
  const ref = `refs/heads/${branch}`
  const format = '%(refname)%00%(objecttype)%00%(objectname)%00%(HEAD)%00%(worktreepath)'
  const [answer, detached] = await Promise.all([
    gitQuickly(['for-each-ref', `--format=${format}`, ref], options, signal),
    detachedOperation(repository.commonDirectory, branch),
  ])
  const [name, type, tip = '', head, worktree] = answer.stdout.replace(/\n$/, '').split('\0')
  // Where there is no such branch, those below its name are listed.
  if (answer.exitCode !== 0 || utf8(name ?? '') !== ref || type !== 'commit') return { kind: 'gone' }
  if (detached) return { kind: 'busy', operation: detached }
  let checkout: Checkout | null = null
  if (head === '*') checkout = repository
  else if (worktree !== '') checkout = await checkoutOf(options, ref, signal)
  if (checkout !== null) {
    const { gitDirectory } = checkout
    const present = await Promise.all(operations.map(([file]) => pathExists(join(gitDirectory, file))))
    const operation = operations[present.indexOf(true)]?.[1]
    if (operation !== undefined) return { kind: 'busy', operation }
  }
  return { kind: 'ready', tip, checkout }
}

/** The first work tree that has the branch checked out and is there. */
async function checkoutOf(
  options: { readonly cwd: string; readonly trust: 'user' },
  ref: string,
  signal?: AbortSignal,
): Promise<Checkout | null> {
  const list = utf8((await gitOrThrow(['worktree', 'list', '--porcelain', '-z'], options, signal)).stdout)
  for (const block of list.split('\0\0')) {
    const lines = zeroSeparated(`${block}\0`)
    const path = lines[0]?.slice('worktree '.length)
    // The folder of a prunable one is gone, so that nothing there can differ from the branch.
    if (path && lines.includes(`branch ${ref}`) && !lines.some((line) => /^prunable\b/.test(line))) {
      const gitDirectory = utf8(await gitText(['rev-parse', '--absolute-git-dir'], { ...options, cwd: path }, signal))
      return { path, gitDirectory }
    }
  }
  return null
}

/** A rebase or bisect takes HEAD off the branch and remembers its name: the branch looks free, and is not. */
async function detachedOperation(commonDirectory: string, branch: string): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`
  const linked = await namesIn(join(commonDirectory, 'worktrees'))
  for (const folder of [commonDirectory, ...linked.map((name) => join(commonDirectory, 'worktrees', name))]) {
    for (const name of ['rebase-merge', 'rebase-apply']) {
      if ((await lineOf(folder, name, 'head-name')) === ref) return 'rebase'
      const others = await textOf(join(folder, name, 'update-refs'))
      if (others?.split('\n').includes(ref)) return 'rebase'
    }
    const bisected = await lineOf(folder, 'BISECT_START')
    if (bisected === branch || bisected === ref) return 'bisect'
  }
  return undefined
}

const lineOf = async (...parts: [string, ...string[]]) => (await textOf(join(...parts)))?.trim()

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
