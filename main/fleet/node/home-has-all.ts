import { join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { shareNames, taskFiles } from '../../tasks/record/task-files.ts'
import type { PlacedEnd } from '../protocol.ts'
import type { SeatFiles } from './seat-files.ts'

/** Whether home, which has taken this end, has with it all that the seat holds of the task: only then may the seat be deleted. */
export async function homeHasAll({ folder, taskId }: SeatFiles, end: PlacedEnd): Promise<boolean> {
  if (end.kind === 'ran' && 'saved' in end.work) return !end.work.saved.unsaved
  const { repo, share } = taskFiles(folder, taskId)
  if (!(await pathExists(repo))) return true
  // Without a machine that ran, and an agent that began, the clone is as it was made.
  return end.kind === 'failed' && !(await pathExists(join(share, shareNames.started)))
}
