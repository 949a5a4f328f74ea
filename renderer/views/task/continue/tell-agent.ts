import type { TaskId } from '../../../../main/core/task/task.ts'
import { act } from '../../../api.ts'
import { go } from '../../../stores/navigation.ts'
import { showNotice } from '../../../stores/notices.ts'

/** Has the task go on with the text, and shows it. Resolves with whether it does. */
export async function tellAgent(id: TaskId, text: string): Promise<boolean> {
  if (!(await act('continueTask', { id, text }))) return false
  showNotice({ title: 'Sent to the agent', body: 'The task goes on in its own clone and session.', place: null })
  go({ view: 'task', id })
  return true
}
