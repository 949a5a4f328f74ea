import { memo, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'

interface Props<Item> {
  readonly items: readonly Item[]
  readonly row: (item: Item, index: number) => ReactNode
  /** What scrolls. */
  readonly scroller: RefObject<HTMLElement | null>
}

const blockRows = 50
/** CSS pixels of a row that was not seen yet. */
const usualHeight = 18
/** So much beyond the edges is made ahead. */
const ahead = '900px 0px'

/**
 * Rows of any height, of which only those near the part in sight are made: blocks out of sight keep the height that they had, or are
 * guessed to have. The browser keeps in place what is read while one above gets its real height.
 */
export function Blocks<Item>({ items, row, scroller }: Props<Item>) {
  const inSight = useInSight(scroller)
  const count = Math.ceil(items.length / blockRows)
  return Array.from({ length: count }, (_, block) => (
    <Block
      key={block}
      number={block}
      items={items}
      row={row as (item: unknown, index: number) => ReactNode}
      inSight={inSight}
    />
  ))
}

interface InSight {
  readonly watch: (element: Element, tell: (seen: boolean, height: number) => void) => () => void
}

function useInSight(scroller: RefObject<HTMLElement | null>): InSight {
  const [made] = useState(() => {
    const listeners = new Map<Element, (seen: boolean, height: number) => void>()
    let observer: IntersectionObserver | undefined
    return {
      open(root: Element | null) {
        observer = new IntersectionObserver(
          (entries) => {
            for (const { target, isIntersecting, boundingClientRect } of entries)
              listeners.get(target)?.(isIntersecting, boundingClientRect.height)
          },
          { root, rootMargin: ahead },
        )
        for (const element of listeners.keys()) observer.observe(element)
        return () => {
          observer?.disconnect()
          observer = undefined
        }
      },
      watch(element: Element, tell: (seen: boolean, height: number) => void) {
        listeners.set(element, tell)
        observer?.observe(element)
        return () => {
          listeners.delete(element)
          observer?.unobserve(element)
        }
      },
    }
  })
  useEffect(() => made.open(scroller.current), [made, scroller])
  return made
}

interface BlockProps {
  readonly number: number
  readonly items: readonly unknown[]
  readonly row: (item: unknown, index: number) => ReactNode
  readonly inSight: InSight
}

const Block = memo(function Block({ number, items, row, inSight }: BlockProps) {
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState(number < 2)
  const height = useRef<number | null>(null)
  const first = number * blockRows
  const mine = items.slice(first, first + blockRows)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    return inSight.watch(element, (isSeen, now) => {
      if (!isSeen && now > 0) height.current = now
      setSeen(isSeen)
    })
  }, [inSight])
  return (
    <div
      ref={box}
      className="block"
      data-block={number}
      style={seen ? undefined : { height: height.current ?? mine.length * usualHeight }}
    >
      {seen && mine.map((item, index) => row(item, first + index))}
    </div>
  )
})

/** Brings a row to the upper edge of what scrolls, also one that was not made yet. */
export function scrollToRow(scroller: HTMLElement, index: number): void {
  const block = scroller.querySelector<HTMLElement>(`[data-block="${Math.floor(index / blockRows)}"]`)
  if (!block) return
  const fromTop = (element: Element): number =>
    element.getBoundingClientRect().top - scroller.getBoundingClientRect().top
  const settle = (left: number): void => {
    const row = scroller.querySelector(`[data-row="${index}"]`)
    const target = row ? fromTop(row) : fromTop(block) + (index % blockRows) * usualHeight
    if (Math.abs(target - margin) > 1) scroller.scrollTop += target - margin
    // Blocks that come into sight may be higher than they were guessed to be.
    if (left > 0) requestAnimationFrame(() => settle(left - 1))
  }
  settle(3)
}

const margin = 40

/** The first row that is in sight below the upper edge. */
export function rowAtTop(scroller: HTMLElement): number {
  const top = scroller.getBoundingClientRect().top + margin
  for (const block of scroller.querySelectorAll<HTMLElement>('[data-block]')) {
    const box = block.getBoundingClientRect()
    if (box.bottom <= top) continue
    const first = Number(block.dataset.block) * blockRows
    for (const row of block.querySelectorAll<HTMLElement>('[data-row]'))
      if (row.getBoundingClientRect().bottom > top) return Number(row.dataset.row)
    return first
  }
  return 0
}
