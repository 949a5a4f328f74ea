import { useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { TaskRow } from '../../../preload/live-state.ts'

/** Rows that are selected, to do something with all of them. */
export interface Marks {
  readonly ids: ReadonlySet<TaskId>
  /** In the order in which they were marked. */
  readonly rows: readonly TaskRow[]
  toggle(row: TaskRow | undefined): void
  /** Marks the rows from one place to another. */
  through(from: number, to: number): void
  /** Marks as many as are there, from the first on. */
  markAll(): void
  clear(): void
}

/** More are not marked at once; what is done with them is done one by one. */
const mostMarks = 500

export function useMarks(rowAt: (at: number) => TaskRow | undefined, total: number): Marks {
  const [marked, setMarked] = useState<ReadonlyMap<TaskId, TaskRow>>(new Map())
  const add = (rows: readonly (TaskRow | undefined)[]): void =>
    setMarked((before) => {
      const all = [...before, ...rows.flatMap((row) => (row ? [[row.id, row] as const] : []))]
      return new Map(all.slice(0, mostMarks))
    })
  const from = (first: number, last: number) =>
    Array.from({ length: Math.min(mostMarks, last - first + 1) }, (_, index) => rowAt(first + index))
  return {
    ids: new Set(marked.keys()),
    rows: [...marked.values()],
    toggle(row) {
      if (!row) return
      if (!marked.has(row.id)) return add([row])
      setMarked(new Map([...marked].filter(([id]) => id !== row.id)))
    },
    through: (one, other) => add(from(Math.min(one, other), Math.max(one, other))),
    markAll: () => add(from(0, total - 1)),
    clear: () => setMarked((before) => (before.size === 0 ? before : new Map())),
  }
}
