import { Menu } from 'electron'
import type { Place } from '../../preload/host.ts'

/** The menu of the app while its window is in front: it is what makes copying, closing and quitting by keys work on macOS. */
export function applicationMenu(show: (place: Place) => void): Menu {
  return Menu.buildFromTemplate([
    {
      label: 'microvm-orchestrator',
      submenu: [
        { role: 'about' },
        { type: 'separator' },
        { label: 'Settings…', accelerator: 'CmdOrCtrl+,', click: () => show({ view: 'settings' }) },
        { type: 'separator' },
        { role: 'hide' },
        { role: 'hideOthers' },
        { role: 'unhide' },
        { type: 'separator' },
        { role: 'quit' },
      ],
    },
    {
      label: 'File',
      submenu: [
        { label: 'New Task…', accelerator: 'CmdOrCtrl+N', click: () => show({ view: 'new-task' }) },
        { type: 'separator' },
        { role: 'close' },
      ],
    },
    { role: 'editMenu' },
    { role: 'windowMenu' },
  ])
}
