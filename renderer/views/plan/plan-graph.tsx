import { useMemo } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { PlannedRow } from '../../../preload/plan.ts'
import { moveFocus } from '../../parts/move-focus.ts'
import { StateLabel } from '../../parts/state-label.tsx'
import { TitleText } from '../../parts/text/title-text.tsx'
import { go } from '../../stores/navigation.ts'
import { type Cell, layersOf } from './layers.ts'

/** CSS pixels. */
const size = { width: 208, height: 74 }
const gap = { x: 48, y: 14 }
const margin = 4

const left = ({ column }: Cell): number => margin + column * (size.width + gap.x)
const top = ({ row }: Cell): number => margin + row * (size.height + gap.y)

/** Tasks from left to right in the order in which they run. It is a list for those who do not see it: each entry says what it comes after. */
export function PlanGraph({ tasks, current }: { tasks: readonly PlannedRow[]; current: TaskId }) {
  const shape = JSON.stringify(tasks.map(({ row, after }) => ({ id: row.id, after })))
  const { cells, edges, columns, rows } = useMemo(() => layersOf(JSON.parse(shape)), [shape])
  const width = left({ column: columns, row: 0 }) - gap.x + margin
  const height = top({ column: 0, row: rows }) - gap.y + margin
  const byColumn = [...tasks].sort(
    (one, other) => (cells.get(one.row.id)?.column ?? 0) - (cells.get(other.row.id)?.column ?? 0),
  )
  const nameOf = (id: TaskId): string => {
    const row = tasks.find((task) => task.row.id === id)?.row
    return row?.plan?.name ?? row?.title ?? id
  }
  return (
    <div className="plan-graph">
      <div style={{ width, height, position: 'relative' }}>
        <svg className="plan-edges" width={width} height={height} aria-hidden="true">
          {edges.map(({ from, to, through }) => (
            <path key={`${from} ${to}`} d={pathOf(through)} />
          ))}
        </svg>
        <ol aria-label="Tasks in the order in which they run" onKeyDown={moveFocus}>
          {byColumn.map(({ row, after }) => {
            const { id, plan, title, repo, state } = row
            const cell = cells.get(id) ?? { column: 0, row: 0 }
            return (
              <li key={id} style={{ left: left(cell), top: top(cell), width: size.width, height: size.height }}>
                <button
                  type="button"
                  data-stop
                  data-task={id}
                  className={`plan-task ${state.phase === 'finished' ? state.outcome : state.phase}`}
                  aria-current={id === current ? 'true' : undefined}
                  title={title}
                  onClick={() => go({ view: 'task', id })}
                >
                  <b className="cut">{plan?.name ?? <TitleText text={title || `Task ${id}`} />}</b>
                  <span className="cut second small">{plan ? <TitleText text={title || `Task ${id}`} /> : repo}</span>
                  <StateLabel state={state} />
                  {after.length > 0 && <span className="unseen">after {after.map(nameOf).join(', ')}</span>}
                </button>
              </li>
            )
          })}
        </ol>
      </div>
    </div>
  )
}

/** A curve from the right side of the first cell to the left side of the last one, level through those between. */
function pathOf(through: readonly Cell[]): string {
  const points = through.flatMap((cell, index) => {
    const y = top(cell) + size.height / 2
    const ends = [
      { x: left(cell), y },
      { x: left(cell) + size.width, y },
    ]
    return index === 0 ? ends.slice(1) : index === through.length - 1 ? ends.slice(0, 1) : ends
  })
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1]
      if (!before) return `M${x} ${y}`
      if (before.y === y) return `H${x}`
      const half = (before.x + x) / 2
      return `C${half} ${before.y} ${half} ${y} ${x} ${y}`
    })
    .join('')
}
