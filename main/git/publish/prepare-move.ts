import { access, constants } from 'node:fs/promises'
import { type TreeChanges, treeChanges } from '../changes/tree-changes.ts'
import { standsAs } from '../merge/checkout-matches.ts'
import { byBytes, bytePath, shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import type { Checkout } from '../repository/branch-state.ts'
import { blockingFiles } from './blocking-files.ts'
import { expandPointers } from './expand-pointers.ts'
import { findCollision, foldsNames } from './fold-names.ts'
import type { PublishFolder, Step } from './journal.ts'
import { findLocalChanges } from './local-changes.ts'
import { lookBefore, planSteps } from './plan-steps.ts'
import { onStaged, stageCheckout } from './stage-checkout.ts'
import { filteredPaths, type UserPrograms } from './user-programs.ts'

/** Why a branch and its work tree stay as they are. */
export type Refusal =
  | { readonly kind: 'local-changes'; readonly files: readonly string[] }
  /** Two names of the new commit are one name in the work tree. */
  | { readonly kind: 'names-collide'; readonly files: readonly string[] }
  /** Another process holds this file, which git takes for a lock. */
  | { readonly kind: 'locked'; readonly lock: string }
  /** In the words of git or of the system. */
  | { readonly kind: 'failed'; readonly files: readonly string[]; readonly detail: string }

export type Prepared =
  | { readonly kind: 'prepared'; readonly steps: readonly Step[]; readonly notes: readonly string[] }
  | Exclude<Refusal, { kind: 'locked' }>

export interface MoveRequest {
  readonly checkout: Checkout
  readonly commonDirectory: string
  readonly objectFormat: 'sha1' | 'sha256'
  readonly index: string
  readonly from: string
  readonly to: string
  readonly changes: TreeChanges | undefined
  readonly ref: string
}

/** Finds out all that can be known ahead, and has the new files ready. Writes to the folder alone. */
export async function prepareMove(
  user: GitOptions,
  folder: PublishFolder,
  { checkout, commonDirectory, objectFormat, index, from, to, changes: known, ref }: MoveRequest,
  programs: UserPrograms,
): Promise<Prepared> {
  const changes = known ?? (await treeChanges(user, from, to))
  const folds = await foldsNames(checkout.path, folder)
  const collision = folds ? await findCollision(user, to, changes.added, folder) : undefined
  if (collision) return { kind: 'names-collide', files: collision.map(shownPath) }
  const blocking = await blockingFiles(checkout.path, changes, folds)
  if (blocking.length > 0) return { kind: 'local-changes', files: [...blocking].sort(byBytes).map(shownPath) }
  const before = await lookBefore(checkout.path, changes)
  const staged = onStaged(user, checkout, folder)
  const stands = standsAs(changes, user)
  const [inTheWay, refused] = await Promise.all([
    findLocalChanges(user, { index, copy: `${folder.index}-check`, from, to, changes, stands }, programs),
    stageCheckout(staged, { checkout, objectFormat, index, folder, from, to, changes, stands }),
  ])
  const { files, refusal, kept } = inTheWay
  if (files.length > 0) return { kind: 'local-changes', files }
  if (refusal !== null || refused !== null) return failed(refusal ?? refused ?? '')
  const filtered = await filteredPaths(programs, [...changes.after.keys()], staged)
  const foreign = [...filtered].filter(([, filter]) => filter !== 'lfs')
  if (foreign.length > 0) return refusedFilter(foreign, ref)
  const left = await expandPointers(folder.staged, commonDirectory, [...filtered.keys()])
  const steps = await planSteps(checkout.path, folder.staged, { changes, before, kept })
  return (
    (await unwritable(checkout.path, steps)) ?? {
      kind: 'prepared',
      steps,
      notes: left.length > 0 ? [pullNote(left)] : [],
    }
  )
}

const failed = (detail: string, paths: readonly string[] = []): Refusal & { kind: 'failed' } => ({
  kind: 'failed',
  files: paths.map(shownPath),
  detail,
})

function refusedFilter(paths: readonly (readonly [string, string])[], ref: string): Refusal & { kind: 'failed' } {
  const [first, filter] = paths[0] ?? ['', '']
  const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  return failed(
    `${shownPath(first)}${others}: your filter '${filter}' makes such files, and a merge runs no program on what a task made. To merge it yourself: git merge ${ref}`,
    paths.map(([path]) => path),
  )
}

const pullNote = (paths: readonly string[]) => {
  const who =
    paths.length === 1
      ? `${shownPath(paths[0] ?? '')} stays a Git LFS pointer`
      : `${paths.length} files stay Git LFS pointers`
  return `${who}, since the content is not in the repository. To fetch it: git lfs pull`
}

/** A folder in which nothing may be changed is known ahead, unless we are root. */
async function unwritable(
  workTree: string,
  steps: readonly Step[],
): Promise<(Refusal & { kind: 'failed' }) | undefined> {
  const made = new Set(steps.flatMap(({ kind, path }) => (kind === 'make-folder' ? [path] : [])))
  const looked = new Set<string>()
  for (const { path } of steps) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    if (made.has(parent) || looked.has(parent)) continue
    looked.add(parent)
    try {
      await access(bytePath(workTree, parent), constants.W_OK | constants.X_OK)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        return failed(`${shownPath(parent)}: ${String(code)}: the folder cannot be changed`, [path])
    }
  }
  return undefined
}
