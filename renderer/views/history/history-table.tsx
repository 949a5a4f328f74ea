// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot leave out the rows that are out of sight
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows' group has the focus and names its active row
import { type KeyboardEvent, type MouseEvent, useCallback, useRef, useState } from 'react'
import type { HistoryGrouping, HistoryOrder, HistoryPage } from '../../../preload/history.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { cost, count } from '../../format.ts'
import { holdsCommand } from '../../parts/key-names.ts'
import { VirtualList, type VirtualListHandle } from '../../parts/virtual-list.tsx'
import { lineAt, lineOf } from '../../stores/history.ts'
import { go } from '../../stores/navigation.ts'
import { HistoryHead, HistoryRow, rowId } from './history-row.tsx'
import { Peek } from './peek.tsx'
import { shortDay } from './spend-chart.tsx'
import type { HistoryList } from './use-history.ts'
import type { Marks } from './use-marks.ts'

const rowHeight = 26
const headHeight = 27

interface Props {
  readonly list: HistoryList
  readonly about: Omit<HistoryPage, 'rows'>
  readonly marks: Marks
  readonly order: HistoryOrder
  readonly descending: boolean
  readonly groupBy: HistoryGrouping
  readonly onOrder: (order: HistoryOrder) => void
}

/** Where the reader was, kept while he looks at a task. */
let lastChosen: number | null = null

/**
 * A grid with one stop for the Tab key: the arrows choose, with Shift they mark, as X and Cmd-A do; Space gives a glance, Return opens.
 * Only the rows in sight exist.
 */
export function HistoryTable({ list, about, marks, order, descending, groupBy, onOrder }: Props) {
  const { rowAt, need } = list
  const { groups, total } = about
  const hasPlaces = about.places.length > 0
  const view = useRef<VirtualListHandle>(null)
  const [held, setHeld] = useState<number | null>(lastChosen)
  const [peeking, setPeeking] = useState(false)
  const chosen = held === null ? null : Math.min(held, total - 1)
  const nowMs = Date.now()
  const choose = (at: number): number => {
    const now = Math.min(total - 1, Math.max(0, at))
    lastChosen = now
    setHeld(now)
    // The first row stands below the head of its group.
    view.current?.show(now === 0 ? 0 : lineOf(groups, now))
    return now
  }
  const open = (row: TaskRow | undefined): void => {
    if (row) go({ view: 'task', id: row.id })
  }
  const onRange = useCallback(
    (first: number, last: number) => {
      const placeOf = (line: number): number => {
        const it = lineAt(groups, line)
        return it.kind === 'row' ? it.at : (lineAt(groups, line + 1) as { at: number }).at
      }
      if (last >= first) need(placeOf(first), placeOf(last))
    },
    [groups, need],
  )
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = view.current?.page() ?? 1
    const at = chosen ?? 0
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: chosen === null ? 0 : at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: total - 1,
    }
    if (holdsCommand(event)) {
      if (event.key.toLowerCase() !== 'a') return
      event.preventDefault()
      marks.markAll()
      return
    }
    if (event.key === 'Escape' && marks.ids.size > 0) {
      event.stopPropagation()
      marks.clear()
    }
    if (event.key === 'Enter') open(rowAt(at))
    if (event.key === 'x' && chosen !== null) marks.toggle(rowAt(chosen))
    if (event.key === ' ') {
      event.preventDefault()
      setPeeking(!peeking)
    }
    const target = moves[event.key]
    if (target === undefined) return
    event.preventDefault()
    const now = choose(target)
    if (event.shiftKey) marks.through(at, now)
  }
  const onClick = (at: number, row: TaskRow) => (event: MouseEvent) => {
    if (event.shiftKey) marks.through(chosen ?? at, at)
    else if (holdsCommand(event)) marks.toggle(row)
    else marks.clear()
    choose(at)
  }
  const peeked = peeking && chosen !== null ? rowAt(chosen) : undefined
  return (
    <>
      <div
        role="grid"
        aria-label={order === 'ended' && descending ? 'Tasks, newest first' : 'Tasks'}
        aria-multiselectable="true"
        aria-rowcount={total + groups.length + 1}
        aria-activedescendant={chosen === null ? undefined : rowId(chosen)}
        className={hasPlaces ? 'table-body with-places' : 'table-body'}
        tabIndex={0}
        data-first-focus
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          if (chosen === null && event.currentTarget.matches(':focus-visible')) choose(0)
        }}
      >
        <HistoryHead order={order} descending={descending} hasPlaces={hasPlaces} onOrder={onOrder} />
        <VirtualList
          handle={view}
          count={total + groups.length}
          rowHeight={rowHeight}
          above={headHeight}
          onRange={onRange}
          row={(line) => {
            const it = lineAt(groups, line)
            if (it.kind === 'head') {
              const group = groups[it.group]
              return (
                <div key={`group ${group?.name}`} role="row" aria-rowindex={line + 2} className="table-row group-head">
                  <span role="gridcell" className="whole">
                    <b>{groupWord(group?.name ?? '', groupBy)}</b>
                    <span className="second">
                      {' '}
                      {count(group?.count ?? 0, 'task')} · {cost(group?.costUsd ?? 0)}
                    </span>
                  </span>
                </div>
              )
            }
            const row = rowAt(it.at)
            if (!row) return <div key={`empty ${it.at}`} className="table-row" role="presentation" />
            return (
              <HistoryRow
                key={row.id}
                row={row}
                at={it.at}
                line={line}
                hasPlaces={hasPlaces}
                chosen={it.at === chosen}
                marked={marks.ids.has(row.id)}
                marking={marks.ids.size > 0}
                nowMs={nowMs}
                onChoose={onClick(it.at, row)}
                onMark={() => marks.toggle(row)}
                onOpen={() => open(row)}
              />
            )
          }}
        />
      </div>
      {peeked && <Peek row={peeked} />}
    </>
  )
}

function groupWord(name: string, groupBy: HistoryGrouping): string {
  if (groupBy === 'repository') return name
  return name === '' ? 'Not ended' : shortDay(name)
}
