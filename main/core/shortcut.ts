/**
 * Keys that work in every program, as Electron's accelerators spell them: modifiers, then one key, with `+` between. `CommandOrControl` is
 * Command on macOS and Control elsewhere.
 */
const modifiers = ['CommandOrControl', 'Control', 'Alt', 'Shift'] as const
type Modifier = (typeof modifiers)[number]

const keyPattern = /^(?:[A-Z0-9]|F(?:[1-9]|1\d|2[0-4])|Space)$/

/** The parts of a key press that a shortcut is made of, as browsers name them. */
export interface KeyPress {
  readonly key: string
  readonly code: string
  readonly metaKey: boolean
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/** Whether it is a shortcut that takes no key from typing: each modifier once, in order, and one beside Shift unless it is a function key. */
export function isShortcut(text: string): boolean {
  const parts = text.split('+')
  const key = parts.pop() ?? ''
  const places = parts.map((part) => modifiers.indexOf(part as Modifier))
  const inOrder = places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1))
  if (!keyPattern.test(key) || !inOrder) return false
  return parts.some((part) => part !== 'Shift') || /^F\d/.test(key)
}

/** The shortcut that a key press means; undefined while only modifiers are held, or where the keys are none. */
export function shortcutOf(press: KeyPress, isMac: boolean): string | undefined {
  const held: Readonly<Record<Modifier, boolean>> = {
    CommandOrControl: isMac ? press.metaKey : press.ctrlKey,
    Control: isMac && press.ctrlKey,
    Alt: press.altKey,
    Shift: press.shiftKey,
  }
  const text = [...modifiers.filter((modifier) => held[modifier]), keyOf(press)].join('+')
  return isShortcut(text) ? text : undefined
}

/** With Option held, macOS makes other characters of the keys; then the key's place says which it is. */
function keyOf({ key, code }: KeyPress): string {
  if (/^[a-z0-9]$/i.test(key)) return key.toUpperCase()
  return code.replace(/^(?:Key|Digit)/, '')
}

const symbols: Readonly<Record<Modifier, string>> = { CommandOrControl: '⌘', Control: '⌃', Alt: '⌥', Shift: '⇧' }
const words: Readonly<Record<Modifier, string>> = {
  CommandOrControl: 'Ctrl',
  Control: 'Ctrl',
  Alt: 'Alt',
  Shift: 'Shift',
}
/** The order in which macOS writes them. */
const macOrder = ['Control', 'Alt', 'Shift', 'CommandOrControl'] as const

/** A shortcut as this system writes it: `⌥⇧⌘N`, `Ctrl+Alt+Shift+N`. */
export function shownShortcut(shortcut: string, isMac: boolean): string {
  const parts = shortcut.split('+')
  const key = parts.pop() ?? ''
  if (isMac) return macOrder.flatMap((name) => (parts.includes(name) ? symbols[name] : [])).join('') + key
  return [...parts.map((part) => words[part as Modifier]), key].join('+')
}
