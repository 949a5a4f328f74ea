import { useEffect } from 'react'
import { useLive } from '../stores/live.ts'
import { back, go, type View } from '../stores/navigation.ts'

export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

/** Whether the key by which this system marks a shortcut is held, alone of the two. */
export const holdsCommand = (event: KeyboardEvent): boolean =>
  isMac() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey

/** A shortcut as this system writes it. */
export const shortcut = (key: string): string => (isMac() ? `⌘${key}` : `Ctrl ${key}`)

/** How a shortcut is written here; none where the browser keeps the key for itself. */
export function useKeyHint(key: 'N' | 'O' | 'F' | 'R' | '⏎'): string | undefined {
  const kind = useLive(({ host }) => host?.kind)
  if (kind !== 'desktop' && (key === 'N' || key === 'R' || key === 'O')) return undefined
  return shortcut(key === '⏎' && !isMac() ? '↵' : key)
}

const viewKeys: Readonly<Record<string, View>> = {
  '1': 'slots',
  '2': 'conflicts',
  '3': 'history',
  '4': 'repositories',
  '5': 'setup',
  '6': 'settings',
  ',': 'settings',
}

/** The keys of the whole window. A view that wants a key first stops its event. */
export function useWindowKeys(addFolder: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey || event.shiftKey) return
      const command = holdsCommand(event)
      if (event.key === 'Escape' && !command) {
        back()
        return
      }
      if (!command) return
      const done = onCommand(event.key.toLowerCase(), addFolder)
      if (done) event.preventDefault()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [addFolder])
}

function onCommand(key: string, addFolder: () => void): boolean {
  if (key === 'n') go({ view: 'new-task' })
  else if (key === 'o') addFolder()
  else if (key === 'f') return focusFind()
  else if (key in viewKeys) go({ view: viewKeys[key] ?? 'slots' })
  else return false
  return true
}

function focusFind(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-find]')
  field?.focus()
  field?.select()
  return field !== null
}
