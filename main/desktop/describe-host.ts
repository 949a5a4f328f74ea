import { app } from 'electron'
import type { Host } from '../../preload/host.ts'
import { hostSize } from '../lib/host-size.ts'
import { readStartAtLogin } from './install/login-item.ts'

/** What the window is told of the app that it belongs to. */
export const describeHost = (): Host => ({
  kind: 'desktop',
  platform: process.platform === 'darwin' || process.platform === 'linux' ? process.platform : 'other',
  version: app.getVersion(),
  size: hostSize(),
  startAtLogin: readStartAtLogin(app),
})
