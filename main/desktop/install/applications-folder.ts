import { app, dialog } from 'electron'
import ElectronStore from 'electron-store'
import type { Log } from '../../lib/log.ts'
import { type MoveQuestion, offersMove } from './offers-move.ts'

/**
 * Asks once, and moves the app to the folder of applications when the user wants that.
 * @returns whether the moved app starts in place of this one.
 */
export async function offerMove(log: Log): Promise<boolean> {
  if (process.platform !== 'darwin' || !app.isPackaged) return false
  const store = new ElectronStore<{ declined?: unknown }>({ name: 'applications-folder', clearInvalidConfig: true })
  const asked: MoveQuestion = {
    ...{ platform: process.platform, isPackaged: app.isPackaged },
    isInApplications: app.isInApplicationsFolder(),
    isDeclined: store.get('declined') === true,
  }
  if (!offersMove(asked)) return false
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: 'Move to the Applications folder?',
    detail: 'From where it lies now, the app cannot be updated, and no command line can be linked to it.',
    buttons: ['Move to Applications', 'Not Now'],
    defaultId: 0,
    cancelId: 1,
  })
  if (response !== 0) {
    store.set('declined', true)
    return false
  }
  try {
    // An older copy there goes to the Trash; one that runs is shown in place of this one.
    return app.moveToApplicationsFolder({ conflictHandler: (conflict) => conflict === 'exists' })
  } catch (error) {
    log.warn('the app could not be moved to Applications', { reason: String(error) })
    return false
  }
}
