import type { Host } from '../../../preload/host.ts'

type App = Pick<Electron.App, 'getLoginItemSettings' | 'setLoginItemSettings'>

/** Of macOS 13 and later; there is no such thing on Linux. */
const type = 'mainAppService'

export function readStartAtLogin(app: App, platform: NodeJS.Platform = process.platform): Host['startAtLogin'] {
  if (platform !== 'darwin') return null
  const { status, openAtLogin } = app.getLoginItemSettings({ type })
  if (status === 'requires-approval') return 'requires-approval'
  return status === 'enabled' || openAtLogin ? 'on' : 'off'
}

/** @returns what the system made of it: it may ask the user first. */
export function setStartAtLogin(app: App, on: boolean, platform?: NodeJS.Platform): Host['startAtLogin'] {
  if (readStartAtLogin(app, platform) === null) return null
  app.setLoginItemSettings({ openAtLogin: on, type })
  return readStartAtLogin(app, platform)
}
