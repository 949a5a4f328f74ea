import type { MergeOutcome } from '../../../main/core/merge/merge.ts'
import { unreachable } from '../../../main/core/unreachable.ts'
import type { TaskRow } from '../../../preload/contract.ts'
import { act } from '../../api.ts'
import { count } from '../../format.ts'
import { showNotice } from '../../stores/notices.ts'

/** Tries the merge again, and says how it went. */
export async function mergeNow({ id }: Pick<TaskRow, 'id'>): Promise<void> {
  const answer = await act('mergeTask', { id })
  if (answer) sayMerge(answer.merge)
}

export function sayMerge(merge: MergeOutcome): void {
  switch (merge.kind) {
    case 'merged':
      showNotice({
        title: `Merged into ${merge.branch}`,
        body: `${count(merge.commits, 'commit')}, by ${merge.method}.`,
        place: null,
      })
      return
    case 'unchanged':
      showNotice({ title: 'Nothing to merge', body: 'Everything in it is on the branch already.', place: null })
      return
    case 'unmerged':
      showNotice({
        tone: 'bad',
        title: 'Not merged',
        body: `${merge.detail}. Your checkout is unchanged.`,
        place: null,
      })
      return
    default:
      unreachable(merge)
  }
}
