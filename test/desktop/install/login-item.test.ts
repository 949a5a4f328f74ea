import { expect, test } from 'vitest'
import { readStartAtLogin, setStartAtLogin } from '../../../main/desktop/install/login-item.ts'

function systemThatSays(status: string) {
  const asked: unknown[] = []
  const app = {
    getLoginItemSettings: () => ({ status, openAtLogin: status === 'enabled' }),
    setLoginItemSettings: (settings: unknown) => void asked.push(settings),
  } as unknown as Parameters<typeof readStartAtLogin>[0]
  return { app, asked }
}

test.each([
  ['enabled', 'on'],
  ['not-registered', 'off'],
  ['not-found', 'off'],
  ['requires-approval', 'requires-approval'],
])('the status %s reads as %s on macOS', (status, state) => {
  expect(readStartAtLogin(systemThatSays(status).app, 'darwin')).toBe(state)
})

test('it is asked of the main app service, and of nothing where there is no such thing', () => {
  const mac = systemThatSays('requires-approval')
  expect(setStartAtLogin(mac.app, true, 'darwin')).toBe('requires-approval')
  expect(mac.asked).toEqual([{ openAtLogin: true, type: 'mainAppService' }])
  const linux = systemThatSays('enabled')
  expect(setStartAtLogin(linux.app, true, 'linux')).toBeNull()
  expect(linux.asked).toEqual([])
})
