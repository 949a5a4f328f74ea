import { useEffect } from 'react'

/**
 * Where the element that has the focus goes away by itself, as a button does when its task ends, the focus goes to the same task where it
 * is shown now, or else to the title of the view: a keyboard is never left at the beginning of the page.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let held: { readonly element: HTMLElement; readonly task: string | null } | null = null
    const onFocusIn = ({ target }: FocusEvent): void => {
      if (!(target instanceof HTMLElement)) return
      held = { element: target, task: target.closest<HTMLElement>('[data-task]')?.dataset.task ?? null }
    }
    const look = (): void => {
      if (!held || held.element.isConnected) return
      const { task } = held
      held = null
      if (document.activeElement !== document.body || document.querySelector('dialog[open]')) return
      const same = task === null ? null : document.querySelector<HTMLElement>(`[data-task="${CSS.escape(task)}"]`)
      const target = same ?? document.querySelector<HTMLElement>('h1')
      target?.focus({ preventScroll: true })
    }
    const changes = new MutationObserver(look)
    changes.observe(document.body, { childList: true, subtree: true })
    document.addEventListener('focusin', onFocusIn)
    return () => {
      changes.disconnect()
      document.removeEventListener('focusin', onFocusIn)
    }
  }, [])
}
