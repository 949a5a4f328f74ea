import { AppError } from '../../core/failure.ts'
import type { Choice, CommitProgress, ConflictsView, ConflictText } from '../../core/merge/conflicts.ts'
import type { MergeRequest } from '../merge/plan-merge.ts'
import { openQuarantine } from '../merge/quarantine.ts'
import { listSteps, replayCommits, selectionOptions, subjectOf } from '../merge/replay-commits.ts'
import type { GitOptions } from '../process/git.ts'
import { branchTip } from '../repository/branch-tip.ts'
import { locateRepository } from '../repository/inspect-repository.ts'
import { appliesTo, createSettler } from './settler.ts'

export interface ConflictsRequest extends Omit<MergeRequest, 'taskId'> {
  readonly choices: readonly Choice[]
  /** A file to open on the way. */
  readonly open?: { readonly commit: string; readonly path: string }
}

/**
 * How far the task's commits come onto the branch as it is now, with the choices made so far. Works on objects of its own that are
 * gone when it answers: nothing of the user's changes, and nothing has to be taken back.
 * @throws AppError('merge-failed') when the branch is gone or the commits cannot be replayed one by one.
 */
export async function inspectConflicts(
  request: ConflictsRequest,
  signal?: AbortSignal,
): Promise<{ readonly view: ConflictsView; readonly opened: ConflictText | undefined }> {
  const { repoPath, startCommit: from, commit: to, branch, choices, selection } = request
  const repository = await locateRepository(repoPath, signal)
  const user: GitOptions = { cwd: repository.path, trust: 'user' }
  if (branch === null) throw new AppError('merge-failed', 'The task started with no branch checked out')
  const onto = await branchTip(repository.path, branch, signal)
  if (onto === null) throw new AppError('merge-failed', `The branch ${branch} no longer exists`)
  const settler = createSettler(choices, request.open)
  await using quarantine = await openQuarantine(repository.commonDirectory, repository.objectFormat)
  const { path, objectFormat } = repository
  const range = { from, to, onto }
  const picked = selectionOptions(selection)
  const steps = (await listSteps(range, user, signal)).filter(
    ({ id, commit }) => commit.parents.length < 2 && (picked.only?.has(id) ?? true),
  )
  const replay = await replayCommits(
    { path, objectFormat, quarantine, ...range, settle: settler.settle, ...picked },
    signal,
  )
  if (replay.kind === 'merge-commits') {
    throw new AppError('merge-failed', 'The task made merge commits that cannot be put onto the branch one by one', {
      hint: 'Merge its ref yourself, or have Claude do it: resolve_task',
    })
  }
  const stoppedAt =
    replay.kind === 'conflicts' ? steps.findIndex(({ id }) => id === [...settler.stops.keys()].at(-1)) : steps.length
  const commits = steps.map(({ id, commit }, index): CommitProgress => {
    const files = settler.stops.get(id) ?? []
    const [, author = ''] = /^(.*?) ?<.*>/.exec(commit.author) ?? []
    const passed = files.length === 0 ? 'applied' : 'settled'
    return {
      id,
      subject: subjectOf(commit),
      author: Buffer.from(author, 'latin1').toString('utf8'),
      state: index < stoppedAt ? passed : index === stoppedAt ? 'stopped' : 'waiting',
      files,
    }
  })
  const reached = new Map(commits.slice(0, stoppedAt + 1).map(({ id, files }) => [id, files]))
  const known = new Set(steps.map(({ id }) => id))
  const stale = choices.filter((choice) => {
    const files = reached.get(choice.commit)
    if (!files) return !known.has(choice.commit)
    return !files.some(({ conflict }) => appliesTo(choice, choice.commit, conflict))
  })
  const view = { branch, onto, settled: replay.kind === 'replayed', problem: settler.problem(), commits, stale }
  return { view, opened: settler.opened() }
}
