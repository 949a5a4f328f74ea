import { pathList } from '../../core/bounded-list.ts'
import { cut } from '../../core/cut.ts'
import { AppError, messageOf } from '../../core/failure.ts'
import type { Choice } from '../../core/merge/conflicts.ts'
import { type MergeOutcome, type Selection, taskRef, type UnmergedReason } from '../../core/merge/merge.ts'
import type { Trailer } from '../../core/merge/trailers.ts'
import { unreachable } from '../../core/unreachable.ts'
import { inTurn } from '../../lib/in-turn.ts'
import { OutputTooLarge } from '../../lib/processes/output-too-large.ts'
import { measureChange, TooMuchChanged } from '../changes/measure-change.ts'
import { readTreeChanges, type TreeChanges } from '../changes/tree-changes.ts'
import { createSettler } from '../conflicts/settler.ts'
import { type GitOptions, gitQuickly } from '../process/git.ts'
import { type ObjectReader, ObjectTooLarge, openObjectReader } from '../process/objects.ts'
import { publishBranch } from '../publish/publish-branch.ts'
import { publishing } from '../publish/publishing.ts'
import { repairInTurn } from '../publish/repair-publications.ts'
import { type UserPrograms, userPrograms } from '../publish/user-programs.ts'
import { branchState } from '../repository/branch-state.ts'
import { locateRepository } from '../repository/inspect-repository.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'
import { parseCommit } from './commit-object.ts'
import { type Apart, listApart } from './divergence.ts'
import { lockMerges } from './lock-merges.ts'
import { openQuarantine, type Quarantine } from './quarantine.ts'
import { type Replay, replayCommits, selectionOptions } from './replay-commits.ts'
import { signCommits } from './sign-commits.ts'

export interface MergeRequest {
  readonly repoPath: string
  readonly taskId: string
  /** The host's record of where the task began. */
  readonly startCommit: string
  /** The branch that was checked out then; null when none was. */
  readonly branch: string | null
  /** What salvage brought to `refs/tasks/ID`. */
  readonly commit: string
  /** How a person settled what collides; left out, a collision ends the merge. */
  readonly choices?: readonly Choice[]
  /** Left out, all commits as they are. */
  readonly selection?: Selection
  /** The sign on commits that we write, and on those that bear none; left out, none. */
  readonly trailers?: readonly Trailer[]
}

/**
 * Brings a task's commits onto the branch that it started from, one merge at a time per repository. Nothing of the user's is touched
 * before it is certain; a merge that does not happen leaves everything as it was, `refs/tasks/ID` included. After success, and when
 * there was nothing to merge, that ref is deleted, unless commits were left out: then they wait there.
 * @throws AppError('repository-invalid'), or the signal's reason when it fires for another cause than time.
 */
export async function mergeWork(request: MergeRequest, signal?: AbortSignal): Promise<MergeOutcome> {
  try {
    return await inTurn(request.repoPath, () => mergeInTurn(request, signal))
  } catch (error) {
    if (signal?.aborted && (signal.reason as Error | undefined)?.name === 'TimeoutError') {
      return unmerged('timed_out', 'The merge took too long and was given up')
    }
    if (signal?.aborted || error instanceof AppError) throw error
    if (error instanceof TooMuchChanged || error instanceof ObjectTooLarge || error instanceof OutputTooLarge) {
      return unmerged(
        'fetch_failed',
        `${error.message}. Look at the work with care: git log ${taskRef(request.taskId)}`,
      )
    }
    throw new AppError('merge-failed', `The merge failed: ${messageOf(error)}`, {
      hint: `The work waits at ${taskRef(request.taskId)}`,
      cause: error,
    })
  }
}

async function mergeInTurn(request: MergeRequest, signal?: AbortSignal): Promise<MergeOutcome> {
  signal?.throwIfAborted()
  const { branch } = request
  const repository = await locateRepository(request.repoPath, signal)
  if (branch === null) {
    return unmerged('detached_head', 'The task started with no branch checked out, so there is none to merge into')
  }
  await using _lock = await lockMerges(repository.commonDirectory, signal)
  await repairInTurn(repository.commonDirectory, signal)
  const first = await mergeOnce(repository, { ...request, branch }, signal)
  const outcome = first ?? (await mergeOnce(repository, { ...request, branch }, signal))
  return outcome ?? unmerged('branch_moved', `${branch} was moved twice while the work was being brought onto it`)
}

type Request = MergeRequest & { readonly branch: string }

/** Undefined when the branch was moved by another program meanwhile. */
async function mergeOnce(
  repository: RepositoryPlace,
  request: Request,
  signal?: AbortSignal,
): Promise<MergeOutcome | undefined> {
  const { branch, commit, taskId, selection } = request
  const user: GitOptions = { cwd: repository.path, trust: 'user' }
  await using quarantine = await openQuarantine(repository.commonDirectory, repository.objectFormat)
  // Ahead, since it starts while git is asked for the branch.
  await using reader = await openObjectReader({ ...user, env: quarantine.reading }, signal)
  const [state, programs] = await Promise.all([branchState(repository, branch, signal), userPrograms(user, signal)])
  switch (state.kind) {
    case 'gone':
      return unmerged('branch_gone', `The branch ${branch} no longer exists`)
    case 'busy':
      return unmerged('operation_in_progress', `${branch} is in the middle of a ${state.operation}`)
    case 'ready':
      break
    default:
      return unreachable(state)
  }
  const { tip, checkout } = state
  const apart = await listApart(user, tip, commit, reader, signal)
  if (apart === null) return unmerged('fetch_failed', `The task's commit ${commit} is not in the repository`)
  if (apart.inWork.length === 0) {
    await forgetWork(user, request)
    return { kind: 'unchanged', branch }
  }
  const plan = await planMerge(repository, request, { onto: tip, apart, quarantine, reader, programs }, signal)
  if (plan.kind === 'merge-commits') {
    return unmerged(
      'merge_commits',
      `The task made merge commits that cannot be put onto the moved ${branch} one by one`,
    )
  }
  if (plan.kind === 'conflicts') {
    const files = [...plan.files]
    return unmerged('conflicts', `'${plan.subject}' conflicts with ${branch}`, files)
  }
  if (plan.commit === tip) {
    await forgetWork(user, request)
    return { kind: 'unchanged', branch }
  }
  const changes = await measuredChanges(tip, plan.commit, reader)
  const move = {
    ...repository,
    branch,
    checkout,
    from: tip,
    to: plan.commit,
    reason: `microvm-orchestrator: task ${taskId}: ${plan.method}`,
    changes,
    quarantine,
    programs,
    forget: selection?.only ? null : { ref: taskRef(taskId), commit },
  }
  const published = await publishing(() => publishBranch(move))
  switch (published.kind) {
    case 'moved':
      return undefined
    case 'local-changes': {
      const detail = `Uncommitted, untracked or ignored files in ${checkout?.path ?? repository.path} are in the way`
      return unmerged('local_changes', detail, published.files)
    }
    case 'locked':
      return unmerged(
        'operation_in_progress',
        `Another git process holds ${published.lock}. If none is running, remove that file and merge again`,
      )
    case 'names-collide':
      return unmerged(
        'names_collide',
        `${published.files.join(' and ')} are one name on the file system of ${checkout?.path ?? repository.path}`,
        published.files,
      )
    case 'failed':
      return unmerged('checkout_failed', published.detail, published.files)
    case 'published': {
      const { method, commits, commit: to } = plan
      const notes = published.notes.length > 0 ? { notes: published.notes } : {}
      return { kind: 'merged', method, commits, branch, from: tip, to, ...notes }
    }
    default:
      return unreachable(published)
  }
}

type Plan =
  | (Extract<Replay, { kind: 'replayed' }> & { readonly method: 'fast-forward' | 'rebase' })
  | Exclude<Replay, { kind: 'replayed' }>

async function planMerge(
  { path, objectFormat }: RepositoryPlace,
  { startCommit, commit, taskId, choices, selection, trailers }: Request,
  {
    onto,
    apart,
    quarantine,
    reader,
    programs,
  }: {
    readonly onto: string
    readonly apart: Apart
    readonly quarantine: Quarantine
    readonly reader: ObjectReader
    readonly programs: UserPrograms
  },
  signal?: AbortSignal,
): Promise<Plan> {
  const user: GitOptions = { cwd: path, trust: 'user' }
  const isOnStart = apart.shared.has(startCommit) || (await isAncestor(user, startCommit, onto, signal))
  // A branch that was taken back behind the start must not get back what the user took off it.
  if (apart.inBranch === 0 && !selection && isOnStart) {
    const ids = apart.inWork
    const signed = trailers && (await signCommits({ reader, quarantine, ids, commit, taskId, trailers }, signal))
    return { kind: 'replayed', method: 'fast-forward', commit: signed ?? commit, commits: ids.length }
  }
  const replay = await replayCommits(
    {
      ...{ path, objectFormat, quarantine, from: startCommit, to: commit, onto, env: programs.off },
      ...(isOnStart && { ids: apart.inWork }),
      ...(choices && { settle: createSettler(choices).settle }),
      ...selectionOptions(selection),
      ...(trailers && { trailers }),
    },
    signal,
  )
  return replay.kind === 'replayed' ? { ...replay, method: 'rebase' } : replay
}

/**
 * What the move changes, unless git has to tell that.
 * @throws TooMuchChanged for what git could not list within our memory, nor a checkout hold.
 */
async function measuredChanges(from: string, to: string, reader: ObjectReader): Promise<TreeChanges | undefined> {
  const treeOf = async (id: string) => parseCommit(await reader.read(id, 'commit')).tree
  const [before, after] = await Promise.all([treeOf(from), treeOf(to)])
  await measureChange(before, after, reader)
  return await readTreeChanges(before, after, reader)
}

const isAncestor = async (user: GitOptions, ancestor: string, commit: string, signal?: AbortSignal) =>
  ancestor === commit ||
  (await gitQuickly(['merge-base', '--is-ancestor', ancestor, commit], user, signal)).exitCode === 0

/** The ref has done its duty. One that cannot be deleted now is deleted with the task. */
async function forgetWork(user: GitOptions, { taskId, commit, selection }: Request): Promise<void> {
  if (selection?.only) return
  await gitQuickly(['update-ref', '-d', taskRef(taskId), commit], user)
}

const unmerged = (reason: UnmergedReason, detail: string, files: readonly string[] = []): MergeOutcome => ({
  kind: 'unmerged',
  reason,
  ...pathList(files),
  detail: cut(detail, longestDetail),
})

/** It may have two paths, or git's own words on one. */
const longestDetail = 4000
