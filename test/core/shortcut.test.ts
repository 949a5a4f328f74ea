import { expect, test } from 'vitest'
import { isShortcut, shortcutOf, shownShortcut } from '../../main/core/shortcut.ts'

test.each(['CommandOrControl+Alt+Shift+N', 'Control+Alt+Space', 'Alt+7', 'F13', 'Shift+F5'])(
  '%s is a shortcut',
  (text) => {
    expect(isShortcut(text)).toBe(true)
  },
)

test.each([
  ['N', 'a letter alone would be taken from typing'],
  ['Shift+N', 'so would a capital letter'],
  ['Shift+Alt+N', 'modifiers come in one order'],
  ['Alt+Alt+N', 'each comes once'],
  ['CommandOrControl', 'a key is missing'],
  ['CommandOrControl+', 'a key is missing'],
  ['Hyper+N', 'there is no such modifier'],
  ['Alt+n', 'keys are capital letters'],
  ['Alt+F25', 'there are 24 function keys'],
  ['', 'nothing is none'],
])('%j is none: %s', (text) => {
  expect(isShortcut(text)).toBe(false)
})

const none = { metaKey: false, ctrlKey: false, altKey: false, shiftKey: false }

test.each([
  [{ key: '˜', code: 'KeyN', metaKey: true, altKey: true, shiftKey: true }, true, 'CommandOrControl+Alt+Shift+N'],
  [{ key: 'n', code: 'KeyN', metaKey: true, ctrlKey: true }, true, 'CommandOrControl+Control+N'],
  [{ key: 'n', code: 'KeyN', ctrlKey: true, altKey: true }, false, 'CommandOrControl+Alt+N'],
  // Where a layout has another letter at the place, the letter counts.
  [{ key: 'z', code: 'KeyY', altKey: true }, false, 'Alt+Z'],
  [{ key: '!', code: 'Digit1', altKey: true, shiftKey: true }, false, 'Alt+Shift+1'],
  [{ key: ' ', code: 'Space', ctrlKey: true }, false, 'CommandOrControl+Space'],
  [{ key: 'F6', code: 'F6' }, false, 'F6'],
  [{ key: 'n', code: 'KeyN', shiftKey: true }, false, undefined],
  [{ key: 'Alt', code: 'AltLeft', altKey: true }, false, undefined],
  // The key of Windows and its like belongs to the desktop.
  [{ key: 'n', code: 'KeyN', metaKey: true }, false, undefined],
] as const)('%j on a Mac: %j is %s', (press, isMac, shortcut) => {
  expect(shortcutOf({ ...none, ...press }, isMac)).toBe(shortcut)
})

test('a shortcut is written as the system writes it', () => {
  expect(shownShortcut('CommandOrControl+Control+Alt+Shift+N', true)).toBe('⌃⌥⇧⌘N')
  expect(shownShortcut('CommandOrControl+Alt+Shift+N', false)).toBe('Ctrl+Alt+Shift+N')
  expect(shownShortcut('F6', false)).toBe('F6')
})
