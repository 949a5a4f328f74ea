import type { Requests } from '../../../preload/contract.ts'
import type { ChangedFile } from '../../../preload/task-details.ts'
import { requireTaskId } from '../../api/views.ts'
import { toldPaths } from '../../core/bounded-list.ts'
import { changeTo } from '../../core/merge/merge-policy.ts'
import { unreachable } from '../../core/unreachable.ts'
import { visibleText } from '../../core/visible-text.ts'
import type { FileChange } from '../../git/changes/list-changes.ts'
import { removeForge } from '../../settings/forges.ts'
import { setMergePolicy } from '../../settings/repositories.ts'
import type { Tasks } from '../../tasks/contract.ts'
import type { TaskReview } from '../../tasks/review/read-review.ts'
import type { Calls } from '../answer-call.ts'
import { changedFile } from '../changed-file.ts'
import { callOperation } from '../operation-calls.ts'
import { mergeInWindow } from '../window-words.ts'

export type ReviewCall =
  | 'review'
  | 'reviewDiff'
  | 'reviewCommit'
  | 'acceptTask'
  | 'rejectTask'
  | 'conflicts'
  | 'openConflict'
  | 'chooseConflict'
  | 'finishConflicts'
  | 'abandonConflicts'
  | 'resolveTask'
  | 'setMergePolicy'

const shownFiles = 2_000

/** Answers what the window asks about work that waits at a task's ref. */
export function reviewCalls({
  tasks,
  home,
  refresh,
}: {
  readonly tasks: Tasks
  readonly home: string
  /** Has windows see a repository's changed entry. */
  readonly refresh: () => Promise<void>
}): Calls<ReviewCall> {
  const { reviews } = tasks
  return {
    review: async ({ id }) => {
      const task = await tasks.get(requireTaskId(id))
      // Of the work as it would be on the branch, where that is what kept it off.
      const check = (task.merge?.kind === 'unmerged' ? task.merge.check : undefined) ?? task.result?.check
      return reviewOf(await reviews.look(task.id), check ? { ...check, output: visibleText(check.output) } : null)
    },
    reviewCommit: async ({ id, commit }) => {
      const { message, files } = await reviews.commit(requireTaskId(id), commit)
      return { message, ...shown(files) }
    },
    reviewDiff: ({ id, path, against, wish = {} }) => reviews.diff(requireTaskId(id), path, against, wish),
    acceptTask: async (request, signal) => mergeInWindow(await callOperation('acceptTask', request, tasks, signal)),
    rejectTask: async (request, signal) => {
      await callOperation('rejectTask', request, tasks, signal)
      return {}
    },
    conflicts: ({ id }) => reviews.conflicts(requireTaskId(id)),
    openConflict: ({ id, ...file }) => reviews.openConflict(requireTaskId(id), file),
    chooseConflict: ({ id, ...choice }) => reviews.choose(requireTaskId(id), choice),
    finishConflicts: ({ id }) => reviews.finish(requireTaskId(id)),
    abandonConflicts: async ({ id }) => {
      await reviews.abandon(requireTaskId(id))
      return {}
    },
    resolveTask: async (request, signal) => ({
      id: (await callOperation('resolveTask', request, tasks, signal)).task_id,
    }),
    setMergePolicy: async ({ alias, policy }) => {
      const { mergePolicy, path } = await setMergePolicy(home, alias, changeTo(policy))
      await removeForge(home, path)
      await refresh()
      return { policy: mergePolicy }
    },
  }
}

/** What the window shows of a review. Pure. */
function reviewOf(
  { branch, startCommit, commit, policy, commits, files, onBranch }: TaskReview,
  check: ReturnType<Requests['review']>['check'],
): ReturnType<Requests['review']> {
  return {
    ...{ branch, startCommit, commit, policy, check, commits },
    ...shown(files),
    onBranch: onBranchOf(onBranch),
  }
}

function onBranchOf(onBranch: TaskReview['onBranch']): ReturnType<Requests['review']>['onBranch'] {
  switch (onBranch.kind) {
    case 'merged':
      return { kind: 'merges', ...shown(onBranch.result) }
    case 'conflicts':
      return { kind: 'conflicts', files: toldPaths(onBranch) }
    case 'impossible':
      return onBranch
    default:
      return unreachable(onBranch)
  }
}

const shown = (files: readonly FileChange[]): { files: readonly ChangedFile[]; fileCount: number } => ({
  files: files.slice(0, shownFiles).map(changedFile),
  fileCount: files.length,
})
