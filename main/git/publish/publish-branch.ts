import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../core/failure.ts'
import type { TreeChanges } from '../changes/tree-changes.ts'
import type { Quarantine } from '../merge/quarantine.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitQuickly } from '../process/git.ts'
import type { Checkout } from '../repository/branch-state.ts'
import { applySteps, ChangedMeanwhile, StepFailed } from './apply-steps.ts'
import { holdIndex, releaseIndex } from './hold-index.ts'
import {
  type Journal,
  makePublishFolder,
  type PublishFolder,
  removePublishFolder,
  see,
  thisProcess,
  writeJournal,
} from './journal.ts'
import { lockBranch, type RefLock, refusalOf } from './lock-branch.ts'
import { type MoveRequest, type Prepared, prepareMove, type Refusal } from './prepare-move.ts'
import { undoMove } from './repair-publications.ts'
import { swapIndex } from './swap-index.ts'
import type { UserPrograms } from './user-programs.ts'

export type Publication =
  | { readonly kind: 'published' /** For a person, one sentence each. */; readonly notes: readonly string[] }
  /** Someone moved the branch meanwhile. */
  | { readonly kind: 'moved' }
  | Refusal

export interface PublishOptions {
  readonly path: string
  readonly commonDirectory: string
  readonly objectFormat: 'sha1' | 'sha256'
  readonly branch: string
  /** The work tree that follows the branch; null when none does. */
  readonly checkout: Checkout | null
  readonly from: string
  readonly to: string
  readonly reason: string
  /** From `from` to `to`, where it is known already; left out, git is asked. */
  readonly changes?: TreeChanges | undefined
  readonly quarantine: Quarantine
  readonly programs: UserPrograms
  /** A reference that has done its duty when this is published, and where it is. One that has moved stays. */
  readonly forget: { readonly ref: string; readonly commit: string } | null
}

/**
 * Moves a branch by compare-and-swap, and its work tree with it, or changes nothing: the order is in `moveWithCheckout`. Not to be
 * interrupted, so there is no signal; what a crash cuts off `repairPublications` finishes or takes back.
 */
export async function publishBranch(options: PublishOptions): Promise<Publication> {
  const { path, checkout, quarantine, programs } = options
  const user: GitOptions = {
    cwd: checkout?.path ?? path,
    trust: 'user',
    env: { ...quarantine.reading, ...programs.off },
  }
  const index = checkout && join(checkout.gitDirectory, 'index')
  // A work tree with nothing checked out has no index, and stays so.
  return checkout && index && existsSync(index)
    ? await moveWithCheckout(user, { ...options, checkout, index })
    : await moveAlone(user, options)
}

async function moveAlone(user: GitOptions, options: PublishOptions): Promise<Publication> {
  const locked = await lockBranch(user, options)
  if (locked.kind !== 'held') return locked
  await using lock = locked
  await options.quarantine.publishObjects()
  return await commit(user, lock, options, [])
}

type CheckoutOptions = PublishOptions & { readonly checkout: Checkout; readonly index: string }

/**
 * First everything that only reads, or writes to a folder of ours in the repository's `.git`, under the lock of the index; then, with the branch locked too and the plan on disk,
 * the renames in the work tree, the index, the objects, and the branch last: as long as it has not moved, all of it can be taken back.
 */
async function moveWithCheckout(user: GitOptions, options: CheckoutOptions): Promise<Publication> {
  const { commonDirectory, index } = options
  const folder = await makePublishFolder(commonDirectory)
  let mayRemove = true
  try {
    if (!(await holdIndex(index, folder))) return { kind: 'locked', lock: `${index}.lock` }
    const prepared = await prepareMove(user, folder, { ...moveRequest(options) }, options.programs)
    if (prepared.kind !== 'prepared') return prepared
    const draft = await draftJournal(folder, options, prepared)
    await writeJournal(folder, draft)
    const locked = await lockBranch(user, options)
    if (locked.kind !== 'held') return locked
    await using lock = locked
    const journal = { ...draft, locks: await lock.see(draft.locks) }
    await writeJournal(folder, journal, false)
    let published: Publication
    try {
      await applySteps(journal.workTree, folder, journal.steps)
      await swapIndex(index, folder, { ...options, workTree: journal.workTree, steps: journal.steps })
      await options.quarantine.publishObjects()
      published = await commit(user, lock, options, prepared.notes)
    } catch (error) {
      published = failureOf(error)
    }
    if (published.kind !== 'published') {
      const notUndone = await undoMove(folder, journal).then(() => null, String)
      if (notUndone === null) return published
      mayRemove = false
      const detail = 'detail' in published ? published.detail : published.kind
      return {
        kind: 'failed',
        files: [],
        detail: `${detail}. What was changed could not be taken back yet: ${notUndone}`,
      }
    }
    return published
  } finally {
    // What could not be taken back keeps its journal, and its lock, for the next try.
    if (mayRemove) {
      await releaseIndex(index, folder)
      await removePublishFolder(folder)
    }
  }
}

const moveRequest = ({
  checkout,
  commonDirectory,
  objectFormat,
  index,
  from,
  to,
  changes,
  forget,
  branch,
}: CheckoutOptions): MoveRequest => ({
  ...{ checkout, commonDirectory, objectFormat, index, from, to, changes },
  ref: forget?.ref ?? branch,
})

async function draftJournal(
  folder: PublishFolder,
  { checkout, branch, commonDirectory, from, to }: CheckoutOptions,
  { steps }: Extract<Prepared, { kind: 'prepared' }>,
): Promise<Journal> {
  const locks = [join(checkout.gitDirectory, 'HEAD.lock'), join(commonDirectory, `refs/heads/${branch}.lock`)]
  return {
    version: 1,
    self: (await see(folder.path))?.ino ?? '',
    writer: await thisProcess(),
    ...{ branch, from, to, steps: [...steps] },
    workTree: checkout.path,
    gitDirectory: checkout.gitDirectory,
    locks: locks.filter((path) => !existsSync(path)).map((path) => ({ path, seen: null })),
    startedMs: Date.now(),
  }
}

/** Whatever git says of it, the branch tells whether it has moved. */
async function commit(
  user: GitOptions,
  lock: RefLock,
  { branch, from, to, forget }: PublishOptions,
  notes: readonly string[],
): Promise<Publication> {
  const said = await lock.commit()
  if (said === null) return { kind: 'published', notes: [...notes, ...(await forgotten(lock, forget))] }
  const answer = await gitQuickly(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], user)
  const tip = answer.stdout.trim()
  if (tip === to) {
    if (forget) await gitQuickly(['update-ref', '-d', forget.ref, forget.commit], user) // The lock ended with what it said.
    return { kind: 'published', notes: [...notes, `The branch has moved, but git said: ${said}`] }
  }
  return tip === from || answer.exitCode !== 0 ? { kind: 'failed', files: [], detail: said } : { kind: 'moved' }
}

/** What a person should know of a reference that has done its duty and could not be deleted. */
async function forgotten(lock: RefLock, forget: PublishOptions['forget']): Promise<readonly string[]> {
  if (!forget) return []
  const said = await lock.forget(forget.ref, forget.commit)
  const refused = said === null ? null : refusalOf(said)
  if (refused?.kind !== 'locked') return []
  return [`${forget.ref} stays, since another git process holds ${refused.lock}. If none is running, remove that file`]
}

function failureOf(error: unknown): Publication {
  if (error instanceof ChangedMeanwhile) return { kind: 'local-changes', files: [shownPath(error.path)] }
  if (!(error instanceof StepFailed)) return { kind: 'failed', files: [], detail: messageOf(error) }
  const { message } = error.cause as Error
  return {
    kind: 'failed',
    files: [shownPath(error.path)],
    detail: `${shownPath(error.path)}: ${withoutPaths(message)}`,
  }
}

/** Node's messages end in the call and its paths, which are temporary names. */
const withoutPaths = (message: string): string => message.replace(/, \w+ .*$/s, '')
