import { useLive } from '../stores/live.ts'

export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

/** Whether the key by which this system marks a shortcut is held, alone of the two. */
export const holdsCommand = (event: Pick<KeyboardEvent, 'metaKey' | 'ctrlKey'>): boolean =>
  isMac() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey

/** A shortcut as this system writes it. */
export const shortcut = (key: string): string => (isMac() ? `⌘${key}` : `Ctrl ${key}`)

/** How a shortcut is written here; none where the browser keeps the key for itself. */
export function useKeyHint(key: 'N' | 'O' | 'F' | 'R' | '⏎'): string | undefined {
  const kind = useLive(({ host }) => host?.kind)
  if (kind !== 'desktop' && (key === 'N' || key === 'R' || key === 'O')) return undefined
  return shortcut(key === '⏎' && !isMac() ? '↵' : key)
}
