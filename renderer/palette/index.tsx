import { lazy, Suspense, useEffect } from 'react'
import { holdsCommand } from '../parts/use-keys.ts'
import { closePalette, showPalette, usePalette } from '../stores/palette.ts'

const Commands = lazy(() => import('./commands.tsx'))
const Keys = lazy(() => import('./keys.tsx'))

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
