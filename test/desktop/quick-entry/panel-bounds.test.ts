import fc from 'fast-check'
import { expect, test } from 'vitest'
import { panelBounds } from '../../../main/desktop/quick-entry/panel-bounds.ts'

test('the panel stands in the middle of its display, in the upper half', () => {
  expect(panelBounds({ x: 0, y: 25, width: 1440, height: 875 })).toEqual({ x: 410, y: 200, width: 620, height: 264 })
  expect(panelBounds({ x: -1920, y: 0, width: 1920, height: 1080 }).x).toBe(-1270)
})

test('it is never beyond the edges of a display, however small', () => {
  const size = fc.integer({ min: 1, max: 4000 })
  const place = fc.integer({ min: -4000, max: 4000 })
  fc.assert(
    fc.property(fc.record({ x: place, y: place, width: size, height: size }), (area) => {
      const { x, y, width, height } = panelBounds(area)
      expect(x).toBeGreaterThanOrEqual(area.x)
      expect(y).toBeGreaterThanOrEqual(area.y)
      expect(x + width).toBeLessThanOrEqual(area.x + area.width)
      expect(y + height).toBeLessThanOrEqual(area.y + area.height)
    }),
  )
})
