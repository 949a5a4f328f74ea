/** Pixels from the end that still count as at the end. */
const slack = 24

/**
 * Keeps the end of a scroller in sight while its content grows, unless the reader has gone up; at the end again, it is kept again.
 * Rows that are drawn only when they come into sight have their true height only then, so each change of the content's size counts,
 * and only a way up of the reader's own ends it.
 * To be given as the scroller's `ref`; its last child holds the content.
 */
export function stickToEnd(scroller: HTMLElement | null): (() => void) | undefined {
  if (!scroller) return
  let sticks = true
  let lastTop = scroller.scrollTop
  const toEnd = (): void => {
    if (sticks) scroller.scrollTop = scroller.scrollHeight
  }
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = scroller
    if (scrollHeight - scrollTop - clientHeight < slack) sticks = true
    else if (scrollTop < lastTop) sticks = false
    lastTop = scrollTop
  }
  scroller.addEventListener('scroll', onScroll, { passive: true })
  const sizes = new ResizeObserver(toEnd)
  sizes.observe(scroller)
  if (scroller.lastElementChild) sizes.observe(scroller.lastElementChild)
  toEnd()
  return () => {
    scroller.removeEventListener('scroll', onScroll)
    sizes.disconnect()
  }
}
