import type { LoggedEnd } from '../../main/tasks/events/logged-event.ts'
import { taskId } from './tasks.ts'

/** The end of a task that was merged, as the event log has it. */
export const loggedEnd = (changes: Partial<LoggedEnd> = {}): LoggedEnd => ({
  seq: 1,
  at: '2026-11-02T00:00:00.000Z',
  type: 'completed',
  taskId: taskId('7f3a0001'),
  repo: 'project',
  owner: null,
  result: { success: true, summary: 'All done.', files_changed: ['a.txt'], error: null },
  mergeResult: { merged: true, method: 'rebase', commits: 2, conflicts: [], branch: 'main', commit: 'c'.repeat(40) },
  error: null,
  ...changes,
})
