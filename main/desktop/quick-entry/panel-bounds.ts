import type { Rectangle } from 'electron'

const size = { width: 620, height: 264 }

/** Where the panel stands on a display: in the middle, a fifth down from the top, and never beyond its edges. Pure. */
export function panelBounds(workArea: Rectangle): Rectangle {
  const width = Math.min(size.width, workArea.width)
  const height = Math.min(size.height, workArea.height)
  const down = Math.min(Math.round(workArea.height / 5), workArea.height - height)
  return { x: workArea.x + Math.round((workArea.width - width) / 2), y: workArea.y + down, width, height }
}
