// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot leave out the rows that are out of sight
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows' group has the focus and names its active row
import type { TaskId } from '../../../main/core/task/task.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { cost, elapsed, exactTime, tokens, when } from '../../format.ts'
import { StateLabel } from '../../parts/state-label.tsx'
import { resultText } from '../../parts/states.ts'
import { TitleText } from '../../parts/text/title-text.tsx'

export const rowId = (id: TaskId): string => `row-${id}`

export function HistoryHead() {
  return (
    <div className="table-row head" role="row" aria-rowindex={1}>
      <span role="columnheader">Outcome</span>
      <span role="columnheader">Task</span>
      <span role="columnheader">Repository</span>
      <span role="columnheader">Result</span>
      <span role="columnheader" aria-sort="descending">
        Ended ↓
      </span>
      <span role="columnheader" className="figure">
        Elapsed
      </span>
      <span role="columnheader" className="figure">
        Tokens
      </span>
      <span role="columnheader" className="figure">
        Cost
      </span>
    </div>
  )
}

interface RowProps {
  readonly row: TaskRow
  readonly index: number
  readonly chosen: boolean
  readonly nowMs: number
  readonly onChoose: () => void
  readonly onOpen: () => void
}

export function HistoryRow({ row, index, chosen, nowMs, onChoose, onOpen }: RowProps) {
  const { usage, finishedAt, startedAt } = row
  const money = usage?.costUsd ?? row.live?.costUsd ?? null
  const used = usage ? usage.inputTokens + usage.outputTokens : (row.live?.tokens ?? 0)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      id={rowId(row.id)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen}
      className={`table-row ${index % 2 ? 'odd' : ''} ${chosen ? 'chosen' : ''}`}
      onClick={onChoose}
      onDoubleClick={onOpen}
    >
      <span role="gridcell">
        <StateLabel state={row.state} />
      </span>
      <span role="gridcell" className="cut" title={row.title}>
        <TitleText text={row.title} />
      </span>
      <span role="gridcell" className="cut">
        {row.repo}
      </span>
      <span role="gridcell" className="cut" title={resultText(row)}>
        {resultText(row)}
      </span>
      <span role="gridcell" title={finishedAt ? exactTime(finishedAt) : undefined}>
        {finishedAt ? when(finishedAt, nowMs) : '–'}
      </span>
      <span role="gridcell" className="figure">
        {startedAt ? elapsed((finishedAt ? Date.parse(finishedAt) : nowMs) - Date.parse(startedAt)) : '–'}
      </span>
      <span role="gridcell" className="figure">
        {used > 0 ? tokens(used) : '–'}
      </span>
      <span role="gridcell" className="figure">
        {money === null ? '–' : cost(money)}
      </span>
    </div>
  )
}
