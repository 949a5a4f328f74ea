import { useEffect, useRef } from 'react'

/** By key; those of the review view. */
export type ReviewKeys = Readonly<Record<string, () => void>>

/** Single keys act wherever the focus is, but for fields and dialogs. */
export function useReviewKeys(keys: ReviewKeys): void {
  const now = useRef(keys)
  useEffect(() => {
    now.current = keys
  })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
      const { target } = event
      const isTyping = target instanceof HTMLElement && target.matches('input:not([type="checkbox"]), textarea, select')
      if (isTyping || document.querySelector('dialog[open]')) return
      const act = now.current[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}
