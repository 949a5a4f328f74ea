import { expect, test } from 'vitest'
import { ticksUpTo } from '../chart-parts.ts'
import { type Chart, soakChart } from './soak-chart.ts'

const sample = (minutes: number, serverMegabytes: number) => ({
  ...{ minutes, serverMegabytes, busySlots: 10, ended: Math.floor(minutes), failed: 0, guestMegabytes: 9000 },
})

const chart: Chart = {
  title: 'Ten at once',
  subtitle: 'for half an hour',
  samples: Array.from({ length: 40 }, (_, index) => sample(index, 150 + (index % 3))),
  askedUntil: 30,
  medians: [{ from: 0, to: 6, megabytes: 151 }],
}

/** Points of the line of this color, each `[x, y]`. */
function lineOf(svg: string, color: string): readonly (readonly number[])[] {
  const path = new RegExp(`class="line" stroke="var\\(--${color}\\)" d="M([^"]+)"`).exec(svg)?.[1] ?? ''
  return path.split('L').map((point) => point.split(' ').map(Number))
}

test('every sample is a point of the line of memory, in order and in proportion', () => {
  const points = lineOf(soakChart(chart), 'server')
  expect(points).toHaveLength(chart.samples.length)
  const xs = points.map(([x = Number.NaN]) => x)
  expect(xs).toEqual(xs.toSorted((a, b) => a - b))
  expect(xs[0]).toBe(64)
  expect(xs.at(-1)).toBe(904)
  const [low = [], middle = [], high = []] = points
  const [lowY = 0, middleY = 0, highY = 0] = [low[1], middle[1], high[1]]
  expect(lowY).toBeGreaterThan(middleY)
  expect(lowY - middleY).toBeCloseTo(middleY - highY, 0)
})

test('busy slots are steps: a slot that comes free does not come free slowly', () => {
  const samples = [sample(0, 150), { ...sample(1, 150), busySlots: 5 }]
  const points = lineOf(soakChart({ ...chart, samples }), 'slots')
  expect(points).toHaveLength(3)
  expect(points[1]?.[0]).toBe(points[2]?.[0])
  expect(points[0]?.[1]).toBe(points[1]?.[1])
})

test('a failure is marked where it was seen', () => {
  expect(soakChart(chart)).not.toContain('class="failure"')
  const samples = chart.samples.map((each) => ({ ...each, failed: each.minutes < 20 ? 0 : 1 }))
  expect(soakChart({ ...chart, samples }).match(/class="failure"/g)).toHaveLength(1)
})

test('text is text, whatever is in it', () => {
  const svg = soakChart({ ...chart, title: '<script>alert("a & b")</script>', subtitle: '</text>' })
  expect(svg).not.toContain('<script')
  expect(svg).toContain('&lt;script&gt;alert(&quot;a &amp; b&quot;)&lt;/script&gt;')
  expect(svg).toContain('&lt;/text&gt;')
})

test.each([
  ['no sample', []],
  ['one sample', [sample(0, 150)]],
  ['nothing but zeros', [{ ...sample(0, 0), busySlots: 0, guestMegabytes: 0 }]],
])('%s makes a picture without a number that is none', (_, samples) => {
  const svg = soakChart({ ...chart, samples, askedUntil: 0, medians: [] })
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  expect(svg.endsWith('</svg>\n')).toBe(true)
  expect(svg.includes('no samples')).toBe(samples.length === 0)
})

test.each([
  [10, 2, [0, 5, 10]],
  [1, 8, [0, 1]],
  [34.2, 8, [0, 5, 10, 15, 20, 25, 30]],
  [187, 5, [0, 50, 100, 150]],
])('ticks up to %s in some %s steps are round', (most, count, ticks) => {
  expect(ticksUpTo(most, count)).toEqual(ticks)
})
