import type { KeyboardEvent } from 'react'

/** Arrow keys go from one `[data-stop]` to the nearest in that direction, as they lie on the screen. */
export function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const toward = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
  const from = document.activeElement
  if (!toward || !from?.hasAttribute('data-stop')) return
  const [dx, dy] = toward as [number, number]
  const start = centre(from)
  const ranked = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-stop]')]
    .map((element) => {
      const [x, y] = centre(element)
      const along = (x - start[0]) * dx + (y - start[1]) * dy
      const aside = Math.abs((x - start[0]) * dy) + Math.abs((y - start[1]) * dx)
      return { element, along, cost: along + 3 * aside }
    })
    .filter(({ along }) => along > 4)
    .sort((one, other) => one.cost - other.cost)
  event.preventDefault()
  ranked[0]?.element.focus()
}

function centre(element: Element): readonly [number, number] {
  const { left, top, width, height } = element.getBoundingClientRect()
  return [left + width / 2, top + height / 2]
}
