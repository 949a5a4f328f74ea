import { type ReactNode, type Ref, type RefObject, useImperativeHandle, useMemo, useState } from 'react'
import type { FileDiff, Hunk } from '../../main/core/merge/file-diff.ts'
import { Blocks, rowAtTop, scrollToRow } from './blocks.tsx'
import { type DiffItem, diffList, type Opened } from './diff-list.ts'
import { DiffRow, Gap, keyOf, type Spot, spotOf } from './diff-row.tsx'

/** What can be done with the lines from outside. */
export interface DiffLinesHandle {
  /** Goes to the next change, or the one before. */
  step(by: 1 | -1): void
  /** Shows every line of the file, or again those around changes alone. */
  toggleWhole(): void
  /** The line at which the change that is read begins. */
  spot(): Spot | undefined
}

interface Props {
  readonly hunks: readonly Hunk[]
  readonly layout: 'split' | 'unified'
  /** A file that is new or gone has no other lines. */
  readonly isWhole: boolean
  /** Asks for the same with all lines. */
  readonly askWhole: () => Promise<FileDiff | undefined>
  readonly scroller: RefObject<HTMLElement | null>
  readonly onComment: ((spot: Spot) => void) | undefined
  /** What stands below lines, by `keyOf` of their spots. */
  readonly notes: ReadonlyMap<string, ReactNode>
  readonly handle: Ref<DiffLinesHandle>
}

const nothingOpened: ReadonlyMap<number, Opened> = new Map()
const all: Opened = { below: Number.MAX_SAFE_INTEGER, above: 0 }

/** The lines of one file; what did not change is folded, and unfolds. */
export function DiffLines(props: Props) {
  const { hunks, layout, isWhole, askWhole, scroller, onComment, notes, handle } = props
  const [whole, setWhole] = useState<readonly Hunk[] | null>(null)
  const [opened, setOpened] = useState(nothingOpened)
  const items = useMemo(() => {
    const list = diffList(hunks, { layout, whole, opened })
    return isWhole ? list.filter(({ kind }) => kind === 'line') : list
  }, [hunks, layout, whole, opened, isWhole])
  const load = async (): Promise<boolean> => {
    if (whole) return true
    const diff = await askWhole()
    if (diff?.kind !== 'text') return false
    setWhole(diff.hunks)
    return true
  }
  const open = async (gap: number, below: number, above: number): Promise<void> => {
    if (!(await load())) return
    setOpened((before) => {
      const held = before.get(gap) ?? { below: 0, above: 0 }
      return new Map([...before, [gap, { below: held.below + below, above: held.above + above }]])
    })
  }
  useImperativeHandle(handle, () => ({
    step(by) {
      const element = scroller.current
      if (!element) return
      const top = rowAtTop(element)
      const begins = items.flatMap((item, index) => (item.kind === 'line' && item.begins ? [index] : []))
      const next = by > 0 ? begins.find((index) => index > top) : begins.findLast((index) => index < top)
      if (next !== undefined) scrollToRow(element, next)
    },
    async toggleWhole() {
      if (opened.size > 0) return setOpened(nothingOpened)
      if (await load()) setOpened(new Map(Array.from({ length: hunks.length + 1 }, (_, gap) => [gap, all])))
    },
    spot() {
      const top = scroller.current ? rowAtTop(scroller.current) : 0
      const lines = items.slice(top).filter((item): item is DiffItem & { kind: 'line' } => item.kind === 'line')
      const { left, right } = lines.find(({ begins }) => begins) ?? lines[0] ?? { left: null, right: null }
      const line = right ?? left
      return line ? spotOf(line) : undefined
    },
  }))
  return (
    <Blocks
      key={layout}
      items={items}
      scroller={scroller}
      row={(item, index) =>
        item.kind === 'gap' ? (
          <Gap key={index} item={item} isLast={item.gap === hunks.length} onOpen={open} />
        ) : (
          <DiffRow
            key={index}
            item={item}
            index={index}
            layout={layout}
            onComment={onComment}
            below={belowOf(item, notes)}
          />
        )
      }
    />
  )
}

function belowOf({ left, right }: DiffItem & { kind: 'line' }, notes: ReadonlyMap<string, ReactNode>): ReactNode {
  if (notes.size === 0) return null
  const keys = [left, right].flatMap((line) => (line ? [keyOf(spotOf(line))] : []))
  const found = [...new Set(keys)].flatMap((key) => notes.get(key) ?? [])
  return found.length > 0 ? found : null
}
