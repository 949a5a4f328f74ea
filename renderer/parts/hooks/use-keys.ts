import { useEffect } from 'react'
import { back, go, type View } from '../../stores/navigation.ts'
import { holdsCommand } from '../key-names.ts'

const viewKeys: Readonly<Record<string, View>> = {
  '1': 'slots',
  '2': 'conflicts',
  '3': 'history',
  '4': 'repositories',
  '5': 'setup',
  '6': 'settings',
  '7': 'places',
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
