import { Suspense, useEffect } from 'react'
import { holdsCommand } from '../parts/key-names.ts'
import { later } from '../shell/later.ts'
import { closePalette, showPalette, usePalette } from '../stores/palette.ts'

const Commands = later(async () => (await import('./commands.tsx')).Commands)
const Keys = later(async () => (await import('./keys.tsx')).Keys)

/** Cmd-K or Ctrl-K lists every action and task, `?` the keys; both are loaded when they are first asked for. */
export function Palette() {
  const shown = usePalette((state) => state.shown)
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return
      const command = holdsCommand(event)
      const wished = command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k'
      if (wished) showPalette('commands')
      else if (event.key === '?' && !command && !isTyping(event.target)) showPalette('keys')
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
  return (
    <Suspense>
      {shown === 'commands' && <Commands onClose={closePalette} />}
      {shown === 'keys' && <Keys onClose={closePalette} />}
    </Suspense>
  )
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable="true"]')
