import { type ReactNode, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'

export interface VirtualListHandle {
  /** Scrolls as little as shows the row. */
  show(index: number): void
  /** Rows that a page shows. */
  page(): number
}

interface Props {
  readonly count: number
  /** CSS pixels, the same for each. */
  readonly rowHeight: number
  /** CSS pixels of what stands above the rows and stays in sight. */
  readonly above?: number
  readonly row: (index: number) => ReactNode
  /** Told which rows are made, whenever that changes. */
  readonly onRange?: (first: number, last: number) => void
  readonly handle?: Ref<VirtualListHandle>
}

/** More rows than are seen, above and below, so that quick scrolling meets no gap. */
const spare = 12

/** Rows of one height in a scrolling parent: only those in sight are made, however many there are. */
export function VirtualList({ count, rowHeight, above = 0, row, onRange, handle }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })
  const scroller = (): HTMLElement | null => box.current?.parentElement ?? null

  useLayoutEffect(() => {
    const parent = box.current?.parentElement
    if (!parent) return
    const look = (): void => setView({ top: parent.scrollTop, height: parent.clientHeight })
    look()
    const sizes = new ResizeObserver(look)
    sizes.observe(parent)
    parent.addEventListener('scroll', look, { passive: true })
    return () => {
      sizes.disconnect()
      parent.removeEventListener('scroll', look)
    }
  }, [])

  useImperativeHandle(handle, () => ({
    page: () => Math.max(1, Math.floor(((scroller()?.clientHeight ?? 0) - above) / rowHeight) - 1),
    show(index) {
      const parent = scroller()
      if (!parent) return
      const top = index * rowHeight
      if (top < parent.scrollTop) parent.scrollTop = top
      else if (top + rowHeight > parent.scrollTop + parent.clientHeight - above)
        parent.scrollTop = top + rowHeight - parent.clientHeight + above
    },
  }))

  const first = Math.max(0, Math.floor(view.top / rowHeight) - spare)
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + spare)
  useEffect(() => onRange?.(first, last - 1), [first, last, onRange])
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, index) => row(first + index))
  return (
    <div ref={box} role="presentation" style={{ height: count * rowHeight, position: 'relative' }}>
      <div role="presentation" style={{ position: 'absolute', left: 0, right: 0, top: first * rowHeight }}>
        {rows}
      </div>
    </div>
  )
}
