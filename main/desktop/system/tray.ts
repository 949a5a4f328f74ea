import { join } from 'node:path'
import { nativeImage, Tray } from 'electron'
import { resourceDirectory } from '../../lib/files/paths.ts'
import { menuSlot } from '../menu/build-menu.ts'
import type { DesktopAction, MenuEntry } from '../menu/entries.ts'
import type { TrayFace, TrayIcon } from '../menu/tray-face.ts'

export interface TrayView extends Disposable {
  show(face: TrayFace, entries: readonly MenuEntry[]): void
}

/** The icon in the menu bar. A folder that is dropped on it is reported by its path, which macOS alone gives. */
export function createTray(onAction: (action: DesktopAction) => void, onDrop: (path: string) => void): TrayView {
  let shown: TrayIcon = 'idle'
  const tray = new Tray(imageOf(shown))
  tray.setToolTip('microvm-orchestrator')
  tray.on('drop-files', (_event, paths) => {
    for (const path of paths) onDrop(path)
  })
  const showMenu = menuSlot((menu) => tray.setContextMenu(menu), onAction)
  return {
    show({ icon, title, tip }, entries) {
      if (icon !== shown) tray.setImage(imageOf(icon))
      shown = icon
      tray.setTitle(title, { fontType: 'monospacedDigit' })
      tray.setToolTip(`microvm-orchestrator: ${tip}`)
      showMenu(entries)
    },
    [Symbol.dispose]: () => tray.destroy(),
  }
}

/** macOS colours templates to fit its bar; elsewhere the icons are light. */
function imageOf(icon: TrayIcon): Electron.NativeImage {
  const name = `tray-${icon}${process.platform === 'darwin' ? 'Template' : ''}.png`
  return nativeImage.createFromPath(join(resourceDirectory(), 'packaging', 'icons', name))
}
