import { join } from 'node:path'
import { expect, test } from 'vitest'
import { calmScene, onDesktop } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'

useBrowser()

test('the field for the keys of a quick task takes those that are pressed in it, and none by Backspace', async () => {
  await using window = await openWindow(onDesktop(calmScene), { viewport: { width: 1180, height: 1400 } }, '#settings')
  const { page, host } = window
  const field = page.getByRole('textbox', { name: 'Keys for a quick task' })
  await expect.poll(() => field.inputValue()).toBe('Ctrl+Alt+Shift+N')
  await field.focus()
  await page.getByText('Press them now. Backspace takes them away.').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(import.meta.dirname, `../screenshots/out/settings-keys-${colorScheme}.png`) })
  }
  // Alone, modifiers and letters mean nothing; what the window has keys for is not done either.
  for (const keys of ['Control', 'n', 'Control+1', 'Control+Alt+k']) await field.press(keys)
  await expect
    .poll(() => host.asked('setQuickEntryKeys'))
    .toEqual([{ keys: 'CommandOrControl+1' }, { keys: 'CommandOrControl+Alt+K' }])
  await expect.poll(() => page.evaluate('location.hash')).toBe('#settings')
  await field.press('Backspace')
  await expect.poll(() => host.lastAsked('setQuickEntryKeys')).toEqual({ keys: null })
  await field.press('Escape')
  await expect.poll(() => field.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(false)
  expectNoFaults(window)
})
