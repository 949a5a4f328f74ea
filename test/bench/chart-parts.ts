/** A part of a picture with an axis of its own, which begins at zero. All that it draws is a list of SVG elements. */
export class Panel {
  readonly #frame: Frame
  readonly #ticks: readonly number[]
  readonly #most: number

  /** `values`: what it must have room for. */
  constructor(frame: Frame, values: readonly number[]) {
    this.#frame = frame
    const largest = Math.max(1, ...values)
    const [, step = largest] = ticksUpTo(largest, Math.floor(frame.height / 40))
    const steps = Math.ceil(largest / step - 1e-9)
    this.#most = steps * step
    this.#ticks = Array.from({ length: steps + 1 }, (_, index) => index * step)
  }

  y(value: number): number {
    return this.#frame.top + this.#frame.height * (1 - value / this.#most)
  }

  grid(): readonly string[] {
    const { left, right } = this.#frame
    return this.#ticks.flatMap((tick) => [
      `<path class="grid" d="M${left} ${short(this.y(tick))}H${right}"/>`,
      `<text x="${left - 10}" y="${short(this.y(tick) + 4)}" class="end">${tick}</text>`,
    ])
  }

  rightScale(): readonly string[] {
    return this.#ticks.map(
      (tick) => `<text x="${this.#frame.right + 10}" y="${short(this.y(tick) + 4)}">${tick}</text>`,
    )
  }

  line(color: string, points: readonly Point[]): readonly string[] {
    return points.length === 0 ? [] : [`<path class="line" stroke="var(--${color})" d="M${this.#path(points)}"/>`]
  }

  /** The line with what lies below it. */
  area(color: string, points: readonly Point[]): readonly string[] {
    const [first, last] = [points[0], points.at(-1)]
    if (!first || !last) return []
    const floor = this.#frame.top + this.#frame.height
    const path = `M${short(first.x)} ${floor}L${this.#path(points)}L${short(last.x)} ${floor}Z`
    return [`<path class="area" fill="var(--${color})" d="${path}"/>`, ...this.line(color, points)]
  }

  #path(points: readonly Point[]): string {
    return points.map(({ x, value }) => `${short(x)} ${short(this.y(value))}`).join('L')
  }
}

/** In pixels. */
export interface Frame {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly height: number
}

export interface Point {
  /** In pixels. */
  readonly x: number
  /** In the panel's unit. */
  readonly value: number
}

/** Each value holds until the next one's place. */
export const stepped = (points: readonly Point[]): readonly Point[] =>
  points.flatMap((point, index) => {
    const before = points[index - 1]
    return before ? [{ x: point.x, value: before.value }, point] : [point]
  })

/** In one row; a letter is some seven pixels wide. An entry is drawn as the class `line` or `until` of its color is. */
export function legend(
  place: { readonly left: number; readonly y: number },
  entries: readonly { readonly color: string; readonly name: string; readonly isDashed?: boolean }[],
): readonly string[] {
  let left = place.left
  return entries.flatMap(({ color, name, isDashed = false }) => {
    const x = left
    left += 46 + name.length * 7.2
    const stroke = isDashed ? 'class="until"' : `stroke="var(--${color})" stroke-width="8"`
    return [
      `<path ${stroke} d="M${short(x)} ${place.y - 4}h14"/>`,
      `<text x="${short(x + 20)}" y="${place.y}" class="name">${escaped(name)}</text>`,
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

/** A tenth of a pixel is exact enough. */
export const short = (value: number): string => String(Math.round(value * 10) / 10)

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
