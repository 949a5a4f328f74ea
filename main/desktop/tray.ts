import { join } from 'node:path'
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron'
import { resourceDirectory } from '../lib/files/paths.ts'
import type { TrayAction, TrayEntry } from './tray-menu.ts'

export interface TrayView extends Disposable {
  show(title: string, entries: readonly TrayEntry[]): void
}

/** The icon in the menu bar. A folder that is dropped on it is reported by its path, which macOS alone gives. */
export function createTray(onAction: (action: TrayAction) => void, onDrop: (path: string) => void): TrayView {
  const name = process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png'
  const tray = new Tray(nativeImage.createFromPath(join(resourceDirectory(), 'packaging', 'icons', name)))
  tray.setToolTip('microvm-orchestrator')
  tray.on('drop-files', (_event, paths) => {
    for (const path of paths) onDrop(path)
  })
  let shown = ''
  return {
    show(title, entries) {
      tray.setTitle(title, { fontType: 'monospacedDigit' })
      const text = JSON.stringify(entries)
      if (text === shown) return // A menu that is replaced while it is open closes.
      shown = text
      tray.setContextMenu(Menu.buildFromTemplate(entries.map((entry) => itemOf(entry, onAction))))
    },
    [Symbol.dispose]: () => tray.destroy(),
  }
}

function itemOf(entry: TrayEntry, onAction: (action: TrayAction) => void): MenuItemConstructorOptions {
  switch (entry.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'text':
      return { label: entry.label, enabled: false }
    case 'action':
      return { label: entry.label, click: () => onAction(entry.action) }
    case 'check':
      return { label: entry.label, type: 'checkbox', checked: entry.checked, click: () => onAction(entry.action) }
    case 'menu':
      return { label: entry.label, submenu: entry.entries.map((inner) => itemOf(inner, onAction)) }
  }
}
