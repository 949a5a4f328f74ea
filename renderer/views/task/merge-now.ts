import type { MergeView } from '../../../main/core/task/view.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { count } from '../../format.ts'
import { isConflict, isToChoose, isToReview } from '../../parts/states.ts'
import { showNotice } from '../../stores/notices.ts'

/** Whether its work can be merged as it is: nobody is to review, settle or choose it first. */
export const canMergeNow = (row: TaskRow): boolean =>
  row.ref !== null && !isToReview(row) && !isConflict(row) && !isToChoose(row)

/** Tries the merge again, and says how it went. */
export async function mergeNow({ id }: Pick<TaskRow, 'id'>): Promise<void> {
  const merge = await act('mergeTask', { id })
  if (merge) sayMerge(merge)
}

export function sayMerge(merge: MergeView): void {
  if (!merge.merged) {
    const body = `${merge.detail}. Your checkout is unchanged.`
    showNotice({ tone: 'bad', title: 'Not merged', body, place: null })
  } else if (merge.method === 'none') {
    showNotice({ title: 'Nothing to merge', body: 'Everything in it is on the branch already.', place: null })
  } else {
    const body = `${count(merge.commits, 'commit')}, by ${merge.method}.`
    showNotice({ title: `Merged into ${merge.branch}`, body, place: null })
  }
}
