import type { Hunk } from '../../main/core/merge/file-diff.ts'
import { type DiffLine, linesOf, pairsOf } from './diff-rows.ts'

/** How many of the lines between two hunks are shown after all: so many below the upper one, so many above the lower one. */
export interface Opened {
  readonly below: number
  readonly above: number
}

/** One row of a file's differences, from top to bottom. */
export type DiffItem =
  /** Lines that did not change and are left out. */
  | {
      readonly kind: 'gap'
      /** Which of the gaps, from 0: before the first hunk, between two, after the last. */
      readonly gap: number
      /** Null while no one knows, after the last hunk. */
      readonly lines: number | null
      readonly heading: string
    }
  | {
      readonly kind: 'line'
      readonly left: DiffLine | null
      readonly right: DiffLine | null
      /** Whether a change begins here. */
      readonly begins: boolean
    }

export interface DiffListOptions {
  readonly layout: 'split' | 'unified'
  /** The same hunks with every line of the file, when that is known. */
  readonly whole: readonly Hunk[] | null
  /** By gap. */
  readonly opened: ReadonlyMap<number, Opened>
}

const shut: Opened = { below: 0, above: 0 }

/** All rows of a file, in the order in which they are read. Pure. */
export function diffList(hunks: readonly Hunk[], { layout, whole, opened }: DiffListOptions): readonly DiffItem[] {
  const unchanged = new Map<number, DiffLine>()
  for (const line of whole?.flatMap(linesOf) ?? [])
    if (line.kind === ' ' && line.newLine !== null) unchanged.set(line.newLine, line)
  const lastLine = whole?.length ? endOf(whole.at(-1)) - 1 : null
  const items: DiffItem[] = []
  const show = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) {
      const line = unchanged.get(at)
      if (line) items.push({ kind: 'line', left: line, right: line, begins: false })
    }
  }
  /** From the first line that is left out to the one after the last. */
  const addGap = (gap: number, from: number, to: number | null, heading: string): void => {
    const { below, above } = opened.get(gap) ?? shut
    if (to === null) return void items.push({ kind: 'gap', gap, lines: null, heading })
    const [first, last] = whole === null ? [from, to] : [Math.min(to, from + below), Math.max(from, to - above)]
    show(from, Math.min(first, to))
    if (first < last) items.push({ kind: 'gap', gap, lines: last - first, heading })
    show(Math.max(first, last), to)
  }
  for (const [index, hunk] of hunks.entries()) {
    addGap(index, endOf(hunks[index - 1]), Math.max(1, hunk.newStart), hunk.heading)
    let changes = false
    for (const row of rowsOf(hunk, layout)) {
      const isChange = row.left !== row.right || row.left?.kind !== ' '
      items.push({ kind: 'line', ...row, begins: isChange && !changes })
      changes = isChange
    }
  }
  const end = endOf(hunks.at(-1))
  addGap(hunks.length, end, lastLine === null ? null : lastLine + 1, '')
  return items
}

function rowsOf(
  hunk: Hunk,
  layout: 'split' | 'unified',
): readonly Pick<DiffItem & { kind: 'line' }, 'left' | 'right'>[] {
  const lines = linesOf(hunk)
  if (layout === 'split') return pairsOf(lines)
  return lines.map((line) =>
    line.kind === '-'
      ? { left: line, right: null }
      : line.kind === '+'
        ? { left: null, right: line }
        : { left: line, right: line },
  )
}

/** The number of the new side's first line behind the hunk. */
function endOf(hunk: Hunk | undefined): number {
  if (!hunk) return 1
  return Math.max(1, hunk.newStart) + hunk.lines.filter(({ kind }) => kind !== '-').length
}
