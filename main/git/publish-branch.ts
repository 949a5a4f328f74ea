import { join } from 'node:path'
import { blockingFiles } from './blocking-files.ts'
import type { Checkout } from './branch-state.ts'
import { byBytes, shownPath } from './byte-path.ts'
import { type GitOptions, gitConversation, gitOrThrow } from './git.ts'
import { foreseeRefusal, indexIsFree, type Move, moveCheckout, type Refusal } from './move-checkout.ts'
import type { Quarantine } from './quarantine.ts'
import { treeChanges } from './tree-changes.ts'

export type Publication =
  | { readonly kind: 'published' }
  /** Somebody moved the branch meanwhile. */
  | { readonly kind: 'moved' }
  | Refusal

export interface PublishOptions {
  readonly path: string
  readonly branch: string
  /** The work tree that follows the branch; null when none does. */
  readonly checkout: Checkout | null
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly quarantine: Quarantine
  /** A reference that has done its duty when this is published, and where it is. One that has moved stays. */
  readonly forget: { readonly ref: string; readonly commit: string } | null
}

/**
 * Moves a branch by compare-and-swap, and its work tree with it, or changes nothing. Not to be interrupted: a half-moved work tree
 * would be worse than a late answer, so there is no signal.
 */
export async function publishBranch(options: PublishOptions): Promise<Publication> {
  const { path, branch, checkout, from, to, quarantine, forget } = options
  const user: GitOptions = { cwd: checkout?.path ?? path, trust: 'user', env: quarantine.reading }
  let move: Move | undefined
  if (checkout !== null) {
    const index = join(checkout.gitDirectory, 'index')
    // Whoever holds the index may want the branch next: waited for here, where nothing is locked yet.
    const [changes, isFree] = await Promise.all([treeChanges(user, from, to), indexIsFree(index)])
    const blocking = await blockingFiles(checkout.path, changes)
    if (blocking.length > 0) return { kind: 'local-changes', files: [...blocking].sort(byBytes).map(shownPath) }
    if (!isFree) return { kind: 'index-busy' }
    move = { user, index, from, to, changes }
  }
  await using transaction = await gitConversation(['update-ref', '-m', options.reason, '--stdin'], user)
  await transaction.ask('start')
  transaction.tell(`update refs/heads/${branch} ${to} ${from}`)
  // From here on the branch is locked: whoever else wants it waits or gives up.
  if ((await transaction.ask('prepare')) !== 'prepare: ok') return { kind: 'moved' }
  // What is let in stays in the repository, so a refusal has to come before. With nothing to let in, the move itself tells.
  if (move && !(await quarantine.isEmpty())) {
    const refusal = await foreseeRefusal(move)
    if (refusal) return refusal
  }
  await quarantine.letIn()
  if (move) {
    const refusal = await moveCheckout(move)
    if (refusal) return refusal
  }
  if ((await transaction.ask('commit')) !== 'commit: ok') {
    const { stderr } = await transaction.end()
    if (move) await gitOrThrow(['read-tree', '-m', '-u', to, from], user)
    throw new Error(`The branch was locked and could not be moved: ${stderr.trim()}`)
  }
  if (forget) {
    // In a transaction of its own: what becomes of it does not touch the branch.
    await transaction.ask('start')
    transaction.tell(`delete ${forget.ref} ${forget.commit}`)
    await transaction.ask('commit')
  }
  return { kind: 'published' }
}
