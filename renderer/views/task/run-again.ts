import type { TaskRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { go } from '../../stores/navigation.ts'
import { showNotice } from '../../stores/notices.ts'

/** The same text in the same repository, as it is now. */
export async function runAgain({ id, repo }: Pick<TaskRow, 'id' | 'repo'>): Promise<void> {
  const started = await act('retryTask', { id })
  if (!started) return
  showNotice({ title: 'Started again', body: `Task ${started.id} in ${repo}`, place: null })
  go({ view: 'task', id: started.id })
}
