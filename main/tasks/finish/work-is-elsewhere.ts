import { hasClone } from '../../core/task/has-clone.ts'
import type { Task } from '../../core/task/task.ts'
import { notReached } from '../../git/repository/not-reached.ts'
import { placeOfRefs } from '../record/place-of-refs.ts'

/**
 * Whether all that a task left is in its repository, so that its folder may go without a question: its line, on the branch or at a ref,
 * and everything beside it. Asks git, since refs can be deleted by anybody; where git cannot be asked, in a repository that is gone, it
 * is not. What a person has dropped on purpose is missed by no one. The one place that decides this.
 */
export async function workIsElsewhere(task: Task, signal?: AbortSignal): Promise<boolean> {
  const { state, work, merge } = task
  if (state.phase !== 'finished') return false
  if (!hasClone(task)) return true
  if (!work) return false
  if (merge?.kind === 'unmerged' && merge.dropped === true) return true
  if (work.unsaved) return false
  const line = work.ref === null || isWhollyOnBranch(task) ? [] : [work.commit]
  const commits = [...line, ...work.also.map(({ commit }) => commit)]
  if (commits.length === 0) return true
  const place = await placeOfRefs(task)
  if (place === null) return false
  return await notReached(place, commits, [], signal).then(
    (missing) => missing.length === 0,
    () => false, // A history that cannot be walked holds nothing for certain.
  )
}

/** Its commits may have other ids there, so that git does not know them; a merge that left some out, or took another task's, says so. */
const isWhollyOnBranch = ({ merge }: Task): boolean =>
  merge?.kind === 'unchanged' || (merge?.kind === 'merged' && (merge.kept ?? 0) === 0 && merge.through === undefined)
