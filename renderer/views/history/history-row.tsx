// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot leave out the rows that are out of sight
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows' group has the focus and names its active row
import type { MouseEvent } from 'react'
import type { HistoryOrder } from '../../../preload/history.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { cost, elapsed, exactTime, tokens, when } from '../../format.ts'
import { Icon } from '../../parts/icon.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { resultText } from '../../parts/states.ts'
import { TitleText } from '../../parts/text/title-text.tsx'
import { useTask } from '../../stores/live.ts'
import { moneyTaken, timeTaken, tokensTaken } from '../../taken.ts'

export const rowId = (at: number): string => `row-${at}`

const columns: readonly { readonly order: HistoryOrder | null; readonly word: string; readonly look: string }[] = [
  { order: 'outcome', word: 'Outcome', look: '' },
  { order: 'task', word: 'Task', look: '' },
  { order: 'repository', word: 'Repository', look: 'of-repository' },
  { order: 'place', word: 'Place', look: 'of-place' },
  { order: null, word: 'Result', look: 'of-result' },
  { order: 'ended', word: 'Ended', look: '' },
  { order: 'elapsed', word: 'Elapsed', look: 'figure of-elapsed' },
  { order: 'tokens', word: 'Tokens', look: 'figure of-tokens' },
  { order: 'cost', word: 'Cost', look: 'figure' },
]

interface HeadProps {
  readonly order: HistoryOrder
  readonly descending: boolean
  /** Whether any task ran elsewhere; without, there is no column for that. */
  readonly hasPlaces: boolean
  readonly onOrder: (order: HistoryOrder) => void
}

export function HistoryHead({ order, descending, hasPlaces, onOrder }: HeadProps) {
  return (
    <div className="table-row head" role="row" aria-rowindex={1}>
      <span role="columnheader" className="of-mark">
        <span className="unseen">Selected</span>
      </span>
      {columns
        .filter(({ order }) => hasPlaces || order !== 'place')
        .map(({ order: mine, word, look }) => (
          <span
            key={word}
            role="columnheader"
            className={look}
            aria-sort={mine !== order ? undefined : descending ? 'descending' : 'ascending'}
          >
            {mine === null ? (
              word
            ) : (
              <button type="button" className="sort" tabIndex={-1} onClick={() => onOrder(mine)}>
                {word}
                {mine === order && <span aria-hidden="true">{descending ? ' ↓' : ' ↑'}</span>}
              </button>
            )}
          </span>
        ))}
    </div>
  )
}

interface RowProps {
  readonly row: TaskRow
  readonly at: number
  readonly hasPlaces: boolean
  /** Its line in the list, from 0. */
  readonly line: number
  readonly chosen: boolean
  readonly marked: boolean
  /** Whether rows are marked at all: then the chosen one is no selection. */
  readonly marking: boolean
  readonly nowMs: number
  readonly onChoose: (event: MouseEvent) => void
  readonly onMark: () => void
  readonly onOpen: () => void
}

export function HistoryRow(props: RowProps) {
  const { at, line, hasPlaces, chosen, marked, marking, nowMs, onChoose, onMark, onOpen } = props
  const row = useTask(props.row.id) ?? props.row // What runs moves on between two answers.
  const { finishedAt } = row
  const [money, used, ms] = [moneyTaken(row), tokensTaken(row), timeTaken(row, nowMs)]
  const result = [row.request?.text, resultText(row)].filter(Boolean).join(', ')
  const looks = ['table-row', line % 2 === 1 && 'odd', chosen && 'chosen', marked && 'marked']
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      id={rowId(at)}
      role="row"
      aria-rowindex={line + 2}
      aria-selected={marking ? marked : chosen}
      data-task={row.id}
      className={looks.filter(Boolean).join(' ')}
      onClick={onChoose}
      onDoubleClick={onOpen}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the key is the grid's */}
      <span
        role="gridcell"
        className="of-mark"
        title="Select"
        onClick={(event) => {
          event.stopPropagation()
          onMark()
        }}
      >
        <span className="mark-box">{marked && <Icon name="check" size="small" />}</span>
      </span>
      <span role="gridcell">
        <StateLabel state={row.state} />
      </span>
      <span role="gridcell" className="cut" title={row.title}>
        {row.plan && <span className="plan-name">{row.plan.name}: </span>}
        {row.attempt && <span className="plan-name">{row.attempt.text}: </span>}
        <TitleText text={row.title} />
      </span>
      <span role="gridcell" className="cut of-repository">
        {row.repo}
      </span>
      {hasPlaces && (
        <span role="gridcell" className="cut of-place">
          {row.place ?? 'This host'}
        </span>
      )}
      <span role="gridcell" className="cut of-result" title={result}>
        {result}
      </span>
      <span role="gridcell" title={finishedAt ? exactTime(finishedAt) : undefined}>
        {finishedAt ? when(finishedAt, nowMs) : '–'}
      </span>
      <span role="gridcell" className="figure of-elapsed">
        {ms === null ? '–' : elapsed(ms)}
      </span>
      <span role="gridcell" className="figure of-tokens">
        {used > 0 ? tokens(used) : '–'}
      </span>
      <span role="gridcell" className="figure">
        {money === null ? '–' : cost(money)}
      </span>
    </div>
  )
}
