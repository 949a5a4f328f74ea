// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot leave out the rows that are out of sight
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows' group has the focus and names its active row
import { type KeyboardEvent, useRef, useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { VirtualList, type VirtualListHandle } from '../../parts/virtual-list.tsx'
import { go } from '../../stores/navigation.ts'
import { HistoryHead, HistoryRow, rowId } from './history-row.tsx'
import { Peek } from './peek.tsx'

const rowHeight = 26
const headHeight = 27

/** Where the reader was, kept while he looks at a task. */
let lastChosen: TaskId | null = null

/** A grid with one stop for the Tab key: the arrows choose, Space gives a glance, Return opens. Only the rows in sight exist. */
export function HistoryTable({ rows }: { rows: readonly TaskRow[] }) {
  const list = useRef<VirtualListHandle>(null)
  const [chosen, setChosen] = useState<TaskId | null>(lastChosen)
  const [peeking, setPeeking] = useState(false)
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === chosen),
  )
  const nowMs = Date.now()
  const choose = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))]
    if (!row) return
    lastChosen = row.id
    setChosen(row.id)
    list.current?.show(rows.indexOf(row))
  }
  const open = (row: TaskRow | undefined): void => {
    if (row) go({ view: 'task', id: row.id })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = list.current?.page() ?? 1
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: chosen === null ? 0 : at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length - 1,
    }
    const target = moves[event.key]
    if (event.key === 'Enter') open(rows[at])
    if (event.key === ' ') {
      event.preventDefault()
      setPeeking(!peeking)
    }
    if (target === undefined || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    choose(target)
  }
  const peeked = peeking && chosen !== null ? rows[at] : undefined
  return (
    <>
      <div
        role="grid"
        aria-label="Tasks, newest first"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={chosen === null ? undefined : rowId(chosen)}
        className="table-body"
        tabIndex={0}
        data-first-focus
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          if (chosen === null && event.currentTarget.matches(':focus-visible')) choose(0)
        }}
      >
        <HistoryHead />
        <VirtualList
          handle={list}
          count={rows.length}
          rowHeight={rowHeight}
          above={headHeight}
          row={(index) => {
            const row = rows[index]
            return (
              row && (
                <HistoryRow
                  key={row.id}
                  row={row}
                  index={index}
                  chosen={row.id === chosen}
                  nowMs={nowMs}
                  onChoose={() => choose(index)}
                  onOpen={() => open(row)}
                />
              )
            )
          }}
        />
      </div>
      {peeked && <Peek row={peeked} />}
    </>
  )
}
