import { type RefObject, useLayoutEffect, useState } from 'react'

/** Whether the element is narrower than so many CSS pixels. */
export function useIsNarrow(element: RefObject<HTMLElement | null>, below: number): boolean {
  const [isNarrow, setNarrow] = useState(false)
  useLayoutEffect(() => {
    const box = element.current
    if (!box) return
    const look = (): void => setNarrow(box.clientWidth < below)
    look()
    const sizes = new ResizeObserver(look)
    sizes.observe(box)
    return () => sizes.disconnect()
  }, [element, below])
  return isNarrow
}
