import type { TaskRow } from '../../../preload/live-state.ts'
import { cost, elapsed, exactTime, tokens } from '../../format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Phases, StateLabel } from '../../parts/state-label.tsx'
import { useNow } from '../../stores/clock.ts'
import { go, useChosen } from '../../stores/navigation.ts'
import { moneyTaken, timeTaken, tokensTaken } from '../../taken.ts'

/** What a task is and takes, in one line. */
export function Facts({ row, branch }: { row: TaskRow; branch: string | null }) {
  const [, chooseTab] = useChosen('tab')
  const slot = row.state.phase === 'queued' || row.state.phase === 'parked' ? null : row.state.slot
  const [money, used] = [moneyTaken(row), tokensTaken(row)]
  return (
    <div className="facts">
      <StateLabel state={row.state} />
      <span className="row name">
        <Icon name="repo" size="small" />
        <span className="cut">{row.repo}</span>
      </span>
      {branch !== null && (
        <span className="row branch">
          <Icon name="branch" size="small" />
          <span className="mono cut">{branch}</span>
        </span>
      )}
      {row.state.phase === 'parked' && (
        <span className="cut">
          {row.state.detail}, goes on {exactTime(row.state.until)}
        </span>
      )}
      {(row.plan || row.after) && (
        <button type="button" className="row link" onClick={() => go({ view: 'plan', id: row.id })}>
          <Icon name="list" size="small" />
          {row.plan ? `Plan: ${row.plan.name}` : 'Order of tasks'}
        </button>
      )}
      {row.attempt && (
        <button type="button" className="row link" onClick={() => go({ view: 'attempts', id: row.id })}>
          <Icon name="list" size="small" />
          {row.attempt.text}
        </button>
      )}
      {row.request && (
        <button type="button" className="row link" onClick={() => chooseTab('result')}>
          <Icon name="merge" size="small" />
          {row.request.text}
        </button>
      )}
      {row.place !== undefined && (
        <span className="row">
          <Icon name="boot" size="small" />
          {row.place}
        </span>
      )}
      {slot !== null && (
        <span className="row">
          <Icon name="slots" size="small" />
          Slot {slot}
        </span>
      )}
      <Clock row={row} />
      {used > 0 && <span>{tokens(used)} tokens</span>}
      {money !== null && <span>{cost(money)}</span>}
      <span className="grow" />
      <Phases state={row.state} short />
    </div>
  )
}

function Clock({ row }: { row: TaskRow }) {
  const nowMs = useNow()
  const ms = timeTaken(row, nowMs)
  if (row.startedAt === null || ms === null) return null
  return (
    <span className="row" title={`Started ${exactTime(row.startedAt)}`}>
      <Icon name="clock" size="small" />
      {elapsed(ms)}
    </span>
  )
}
