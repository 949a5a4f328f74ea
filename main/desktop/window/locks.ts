import { join } from 'node:path'
import { session } from 'electron'
import { packageDirectory } from '../../lib/files/paths.ts'
import { openPreviewWindow } from './preview-window.ts'

/** What every page of the app runs under: it has the bridge of the preload, and nothing else of this process. */
export const lockedPreferences = (): Electron.WebPreferences => ({
  preload: join(packageDirectory(), 'dist', 'preload', 'index.cjs'),
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  webSecurity: true,
  spellcheck: false,
})

/** The page stays where it is, and opens nothing but previews, each in a window of its own. */
export function lockContents(contents: Electron.WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    openPreviewWindow(url)
    return { action: 'deny' }
  })
}

/** Pages may write to the clipboard when the user clicks, and have no other permission. */
export function lockSession(): void {
  const isAllowed = (permission: string): boolean => permission === 'clipboard-sanitized-write'
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) => answer(isAllowed(permission)))
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => isAllowed(permission))
}
