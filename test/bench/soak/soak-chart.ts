import { escaped, legend, Panel, short, stepped, ticksUpTo } from '../chart-parts.ts'
import type { Sample } from './soak-samples.ts'

export interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly samples: readonly Sample[]
  /** Minutes after which no new task was asked for. */
  readonly askedUntil: number
  /** Medians of the server's memory in stretches of time, in minutes and megabytes. */
  readonly medians: readonly { readonly from: number; readonly to: number; readonly megabytes: number }[]
}

const width = 960
const height = 640
const sides = { left: 64, right: 904 }
const middle = (sides.left + sides.right) / 2
const bottom = 584
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

/** Colors that have the contrast of text on their own background, light and dark. */
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
    .area { opacity: 0.16 }`

/** One SVG file with a background of its own: three panels over one axis of time. Pure. */
export function soakChart({ title, subtitle, samples, askedUntil, medians }: Chart): string {
  const lastMinute = Math.max(1, ...samples.map(({ minutes }) => minutes))
  const x = (minutes: number): number => sides.left + (minutes / lastMinute) * (sides.right - sides.left)
  const series = (pick: (sample: Sample) => number) =>
    samples.map((sample) => ({ x: x(sample.minutes), value: pick(sample) }))
  const panel = (top: number, panelHeight: number, points: readonly { readonly value: number }[]) =>
    new Panel(
      { ...sides, top, height: panelHeight },
      points.map(({ value }) => value),
    )

  const memory = series(({ serverMegabytes }) => serverMegabytes)
  const slots = series(({ busySlots }) => busySlots)
  const ended = series((sample) => sample.ended)
  const guests = series(({ guestMegabytes }) => guestMegabytes / 1024)
  const failures = samples.filter(({ failed }, index) => failed > (samples[index - 1]?.failed ?? 0))
  const isCut = samples.length > 0 && askedUntil < lastMinute

  const memoryPanel = panel(112, 190, memory)
  const slotsPanel = panel(346, 110, [{ value: 10 }])
  const endedPanel = panel(346, 110, ended)
  const guestsPanel = panel(500, bottom - 500, guests)
  const elements = [
    `<rect width="${width}" height="${height}" rx="8" fill="var(--paper)"/>`,
    `<text x="24" y="38" class="title">${escaped(title)}</text>`,
    `<text x="24" y="60">${escaped(subtitle)}</text>`,
    ...[memoryPanel, slotsPanel, guestsPanel].flatMap((each) => each.grid()),
    ...endedPanel.rightScale(),
    ...ticksUpTo(lastMinute, 8).map((tick) => `<text x="${short(x(tick))}" y="606" class="middle">${tick}</text>`),
    `<text x="${middle}" y="626" class="middle">minutes since the first task was asked for</text>`,
    ...(samples.length === 0 ? [`<text x="${middle}" y="210" class="middle">no samples</text>`] : []),

    ...legend({ left: sides.left, y: 92 }, [
      { color: 'server', name: 'memory of the server, MB' },
      ...(medians.length > 0 ? [{ color: 'ink', name: 'its median in that stretch' }] : []),
      ...(isCut ? [{ color: 'faint', name: 'no new tasks from here', isDashed: true }] : []),
    ]),
    ...memoryPanel.area('server', memory),
    ...medians.flatMap(({ from, to, megabytes }) => {
      const y = memoryPanel.y(megabytes)
      return [
        `<path class="line" stroke="var(--ink)" d="M${short(x(from))} ${short(y)}H${short(x(to))}"/>`,
        `<text x="${short((x(from) + x(to)) / 2)}" y="${short(y - 9)}" class="name middle">${megabytes.toFixed(0)} MB</text>`,
      ]
    }),

    ...legend({ left: sides.left, y: 326 }, [
      { color: 'slots', name: 'busy slots of ten (left)' },
      { color: 'ended', name: 'tasks ended (right)' },
      ...(failures.length > 0 ? [{ color: 'failed', name: 'a task failed' }] : []),
    ]),
    ...slotsPanel.area('slots', stepped(slots)),
    ...endedPanel.line('ended', stepped(ended)),
    ...failures.map(
      ({ minutes }) =>
        `<path class="failure" stroke="var(--failed)" stroke-width="3" d="M${short(x(minutes))} 456v-12"/>`,
    ),

    ...legend({ left: sides.left, y: 480 }, [{ color: 'guests', name: 'resident memory of all virtual machines, GB' }]),
    ...guestsPanel.area('guests', guests),
    ...(isCut ? [`<path class="until" d="M${short(x(askedUntil))} 112V${bottom}"/>`] : []),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${style}\n  </style>`,
    ...elements.map((element) => `  ${element}`),
    '</svg>',
    '',
  ].join('\n')
}
