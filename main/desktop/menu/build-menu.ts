import { Menu, type MenuItemConstructorOptions } from 'electron'
import { unreachable } from '../../core/unreachable.ts'
import type { DesktopAction, MenuEntry } from './entries.ts'

/** The system's menu of these entries. */
export const buildMenu = (entries: readonly MenuEntry[], onAction: (action: DesktopAction) => void): Menu =>
  Menu.buildFromTemplate(entries.map((entry) => itemOf(entry, onAction)))

function itemOf(entry: MenuEntry, onAction: (action: DesktopAction) => void): MenuItemConstructorOptions {
  switch (entry.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'text':
      return { label: literal(entry.label), enabled: false }
    case 'role':
      return { role: entry.role }
    case 'action': {
      const { label, action, keys, disabled = false } = entry
      return {
        label: literal(label),
        enabled: !disabled,
        ...(keys !== undefined && { accelerator: keys }),
        click: () => onAction(action),
      }
    }
    case 'check':
      return {
        label: literal(entry.label),
        type: 'checkbox',
        checked: entry.checked,
        click: () => onAction(entry.action),
      }
    case 'menu':
      return {
        label: literal(entry.label),
        ...(entry.role && { role: entry.role }),
        submenu: entry.entries.map((inner) => itemOf(inner, onAction)),
      }
    default:
      return unreachable(entry)
  }
}

/** A single & marks the letter after it as a key, and is not shown. */
const literal = (label: string): string => label.replaceAll('&', '&&')

/** Hands menus to the system only when they differ: one that is replaced while it is open closes. */
export function menuSlot(
  put: (menu: Menu) => void,
  onAction: (action: DesktopAction) => void,
): (entries: readonly MenuEntry[]) => void {
  let shown = ''
  return (entries) => {
    const text = JSON.stringify(entries)
    if (text === shown) return
    shown = text
    put(buildMenu(entries, onAction))
  }
}
