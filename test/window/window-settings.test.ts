import { expect, test } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { SettingsStore } from '../../main/settings/settings-store.ts'
import { windowSettings } from '../../main/window/window-settings.ts'

/** Who may reach the server, where the key and the code go, who hears of tasks, and what guests have in common: whoever takes a window over must not be able to change that. */
const ofTheFile = [
  'allowedHosts',
  'auth',
  'host',
  'keyInGuest',
  'memoryTemplates',
  'otlpEndpoint',
  'placeOrder',
  'prepareEnvironments',
]

test('every setting is one of the window, but for those that guard it', () => {
  using store = SettingsStore.open('/nonexistent', silentLog)
  const shown = Object.keys(windowSettings(store)).filter((name) => name !== 'atNextStart')
  expect([...shown, ...ofTheFile].sort()).toEqual(Object.keys(store.current()).sort())
})
