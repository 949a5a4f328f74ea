import { dialog } from 'electron'
import type { TaskRow } from '../../../preload/live-state.ts'
import { stopQuestion } from '../task-commands.ts'

/** Whether the user wants these tasks stopped. */
export async function askToStop(tasks: readonly TaskRow[]): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    ...stopQuestion(tasks),
    buttons: ['Stop', 'Cancel'],
    defaultId: 0,
    cancelId: 1,
  })
  return response === 0
}
