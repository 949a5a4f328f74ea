import type { Sample } from './soak-samples.ts'

export interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly samples: readonly Sample[]
  /** Minutes after which no new task was asked for. */
  readonly askedUntil: number
  /** Medians of the server's memory in two stretches of time, in minutes and megabytes. */
  readonly medians: readonly { readonly from: number; readonly to: number; readonly megabytes: number }[]
}

const width = 960
const height = 640
const left = 64
const right = 904
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

/** Of GitHub's palette: each has the contrast of text on its own background. */
const style = `
    svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d8dee4; --server: #0969da; --slots: #8250df; --ended: #1a7f37; --failed: #cf222e; --guests: #bc4c00 }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --grid: #30363d; --server: #4493f8; --slots: #ab7df8; --ended: #3fb950; --failed: #f85149; --guests: #f0883e }
    }
    text { font: 12px ${font}; fill: var(--faint) }
    .title { font-size: 18px; font-weight: 600; fill: var(--ink) }
    .name { font-weight: 600; fill: var(--ink) }
    .end { text-anchor: end } .middle { text-anchor: middle }
    .grid { stroke: var(--grid) } .until { stroke: var(--faint); stroke-dasharray: 4 4 }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round }
    .area { stroke: none; opacity: 0.16 }`

/** One SVG file, with a background of its own, for light and dark. Pure. */
export function soakChart({ title, subtitle, samples, askedUntil, medians }: Chart): string {
  const ticks = ticksUpTo(Math.max(1, ...samples.map(({ minutes }) => minutes)), 8)
  const lastMinute = Math.max(1, ...samples.map(({ minutes }) => minutes))
  const x = (minutes: number): number => left + (Math.min(minutes, lastMinute) / lastMinute) * (right - left)
  const places = samples.map(({ minutes }) => x(minutes))
  const of = (pick: (sample: Sample) => number): readonly number[] => samples.map(pick)

  const memory = new Panel(
    112,
    190,
    of(({ serverMegabytes }) => serverMegabytes),
  )
  const slots = new Panel(346, 110, [10])
  const ended = new Panel(
    346,
    110,
    of(({ ended }) => ended),
  )
  const guests = new Panel(
    500,
    84,
    of(({ guestMegabytes }) => guestMegabytes / 1024),
  )

  const failures = samples.flatMap(({ minutes, failed }, index) =>
    failed > (samples[index - 1]?.failed ?? 0) ? [x(minutes)] : [],
  )
  const until = x(askedUntil)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${style}\n  </style>`,
    `  <rect width="${width}" height="${height}" rx="8" fill="var(--paper)"/>`,
    `  <text x="24" y="38" class="title">${escaped(title)}</text>`,
    `  <text x="24" y="60">${escaped(subtitle)}</text>`,
    ...[memory, slots, guests].flatMap((panel) => panel.grid()),
    ...ticks.map((tick) => `  <text x="${short(x(tick))}" y="606" class="middle">${tick}</text>`),
    `  <text x="${(left + right) / 2}" y="626" class="middle">minutes since the first task was asked for</text>`,
    ...(samples.length === 0 ? [`  <text x="${(left + right) / 2}" y="210" class="middle">no samples</text>`] : []),

    ...legend(92, [
      ['server', 'memory of the server, MB'],
      ...(medians.length > 0 ? [['ink', 'its median in that stretch'] as const] : []),
    ]),
    ...memory.area('server', places, memory.values),
    ...memory.line('server', places, memory.values),
    ...medians.flatMap(({ from, to, megabytes }) => [
      `  <path class="line" stroke="var(--ink)" d="M${short(x(from))} ${short(memory.y(megabytes))}H${short(x(to))}"/>`,
      `  <text x="${short((x(from) + x(to)) / 2)}" y="${short(memory.y(megabytes) - 9)}" class="name middle">${megabytes.toFixed(0)} MB</text>`,
    ]),

    ...legend(326, [
      ['slots', 'busy slots of ten (left)'],
      ['ended', 'tasks ended (right)'],
      ...(failures.length > 0 ? [['failed', 'a task failed'] as const] : []),
    ]),
    ...slots.area(
      'slots',
      ...stepped(
        places,
        of(({ busySlots }) => busySlots),
      ),
    ),
    ...slots.line(
      'slots',
      ...stepped(
        places,
        of(({ busySlots }) => busySlots),
      ),
    ),
    ...ended.line('ended', ...stepped(places, ended.values)),
    ...ended.rightScale(),
    ...failures.map((place) => `  <path stroke="var(--failed)" stroke-width="2" d="M${short(place)} 456v-10"/>`),

    ...legend(480, [['guests', 'resident memory of all virtual machines, GB']]),
    ...guests.area('guests', places, guests.values),
    ...guests.line('guests', places, guests.values),

    ...(samples.length > 0 && askedUntil < lastMinute
      ? [
          `  <path class="until" d="M${short(until)} 112V584"/>`,
          `  <text x="${short(until - 6)}" y="124" class="end">no new tasks from here</text>`,
        ]
      : []),
    '</svg>',
    '',
  ].join('\n')
}

type Color = 'server' | 'slots' | 'ended' | 'failed' | 'guests' | 'ink'

/** A part of the picture with an axis of its own, which begins at zero. */
class Panel {
  readonly values: readonly number[]
  readonly #top: number
  readonly #height: number
  readonly #ticks: readonly number[]
  readonly #most: number

  constructor(top: number, panelHeight: number, values: readonly number[]) {
    this.values = values
    this.#top = top
    this.#height = panelHeight
    const largest = Math.max(1, ...values)
    const [, step = largest] = ticksUpTo(largest, Math.floor(panelHeight / 40))
    const steps = Math.ceil(largest / step - 1e-9)
    this.#most = steps * step
    this.#ticks = Array.from({ length: steps + 1 }, (_, index) => index * step)
  }

  y(value: number): number {
    return this.#top + this.#height * (1 - value / this.#most)
  }

  grid(): readonly string[] {
    return this.#ticks.flatMap((tick) => [
      `  <path class="grid" d="M${left} ${short(this.y(tick))}H${right}"/>`,
      `  <text x="${left - 10}" y="${short(this.y(tick) + 4)}" class="end">${tick}</text>`,
    ])
  }

  rightScale(): readonly string[] {
    return this.#ticks.map((tick) => `  <text x="${right + 10}" y="${short(this.y(tick) + 4)}">${tick}</text>`)
  }

  line(color: Color, places: readonly number[], values: readonly number[]): readonly string[] {
    const points = this.#points(places, values)
    return points === '' ? [] : [`  <path class="line" stroke="var(--${color})" d="M${points}"/>`]
  }

  area(color: Color, places: readonly number[], values: readonly number[]): readonly string[] {
    const points = this.#points(places, values)
    const [first, last] = [places[0], places.at(-1)]
    if (first === undefined || last === undefined) return []
    const floor = this.#top + this.#height
    return [
      `  <path class="area" fill="var(--${color})" d="M${short(first)} ${floor}L${points}L${short(last)} ${floor}Z"/>`,
    ]
  }

  #points(places: readonly number[], values: readonly number[]): string {
    return places.map((place, index) => `${short(place)} ${short(this.y(values[index] ?? 0))}`).join('L')
  }
}

/** Each value holds until the next one's place. */
function stepped(places: readonly number[], values: readonly number[]): [number[], number[]] {
  const at: number[] = []
  const steps: number[] = []
  for (const [index, place] of places.entries()) {
    if (index > 0) {
      at.push(place)
      steps.push(values[index - 1] ?? 0)
    }
    at.push(place)
    steps.push(values[index] ?? 0)
  }
  return [at, steps]
}

/** In one row above a panel; a letter is some seven pixels wide. */
function legend(y: number, entries: readonly (readonly [Color, string])[]): readonly string[] {
  let place = left
  return entries.flatMap(([color, name]) => {
    const from = place
    place += 46 + name.length * 7.2
    return [
      `  <rect x="${short(from)}" y="${y - 8}" width="14" height="8" rx="2" fill="var(--${color})"/>`,
      `  <text x="${short(from + 20)}" y="${y}" class="name">${escaped(name)}</text>`,
    ]
  })
}

/** Round numbers from 0 to at most `most`, some `count` steps. */
export function ticksUpTo(most: number, count: number): readonly number[] {
  const rough = most / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5].find((factor) => factor * power >= rough * 0.75) ?? 10) * power)
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step)
}

const short = (value: number): string => String(Math.round(value * 10) / 10)

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
