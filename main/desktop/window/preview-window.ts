import { BrowserWindow, session } from 'electron'

const previewPattern = /^http:\/\/([0-9a-f]{8})-([1-9]\d{0,4})-[0-9a-f]{16}\.localhost:\d{1,5}\/$/

/**
 * Shows what an agent serves in a window of its own, with a session of its own that is kept in memory alone, without the bridge, and without any
 * permission. Nothing happens for what is no address of a preview.
 */
export function openPreviewWindow(url: string): void {
  const [, id, port] = previewPattern.exec(url) ?? []
  if (id === undefined) return
  const { origin, host } = new URL(url)
  const partition = `preview:${host}`
  const own = session.fromPartition(partition)
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  own.setPermissionCheckHandler(() => false)
  own.on('will-download', (event) => event.preventDefault())
  const window = new BrowserWindow({
    ...{ width: 1120, height: 760, title: `Preview of port ${port} of task ${id}` },
    webPreferences: {
      ...{ partition, sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true },
      spellcheck: false,
    },
  })
  window.setMenuBarVisibility(false)
  window.on('page-title-updated', (event) => event.preventDefault())
  const { webContents } = window
  const stay = (event: { readonly url: string; preventDefault(): void }): void => {
    if (URL.parse(event.url)?.origin !== origin) event.preventDefault()
  }
  webContents.on('will-navigate', stay)
  webContents.on('will-redirect', stay)
  webContents.on('will-attach-webview', (event) => event.preventDefault())
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.loadURL(url).catch(() => undefined) // The page itself says why.
}
