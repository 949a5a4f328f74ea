import type { ReactNode } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { AttemptColumn, AttemptsView } from '../../../preload/attempts.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { cost, count, elapsed, tokens } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { isConflict, isToReview, isUnmerged } from '../../parts/states.ts'
import { withMarks } from '../../parts/text/with-marks.tsx'
import { useNow } from '../../stores/clock.ts'
import { go } from '../../stores/navigation.ts'
import { moneyTaken, timeTaken, tokensTaken } from '../../taken.ts'
import { MergeButton } from '../task/merge-button.tsx'
import { ResolveButtons } from '../task/resolve-buttons.tsx'
import { ReviewButton } from '../task/review-button.tsx'
import { LineCounts } from './line-counts.tsx'

interface Props {
  readonly attempts: readonly AttemptColumn[]
  /** The task that the user came from. */
  readonly current: TaskId
  readonly choice: AttemptsView['choice']
  readonly onChoose: (attempt: AttemptColumn) => void
}

/** A column for each attempt, a row for each thing to compare. */
export function AttemptsTable({ attempts, current, choice, onChoose }: Props) {
  const nowMs = useNow()
  const line = (name: string, show: (attempt: AttemptColumn) => ReactNode) => (
    <tr>
      <th scope="row">{name}</th>
      {attempts.map((attempt) => (
        <td key={attempt.row.id}>{show(attempt)}</td>
      ))}
    </tr>
  )
  return (
    <div className="attempts-scroll">
      <table className="attempts-table" aria-label="The attempts">
        <thead>
          <tr>
            <td />
            {attempts.map(({ row, number }) => (
              <th key={row.id} scope="col" aria-current={row.id === current ? 'true' : undefined}>
                <button
                  type="button"
                  className="plain-link"
                  data-task={row.id}
                  onClick={() => go({ view: 'task', id: row.id })}
                >
                  Attempt {number}
                </button>
                {row.attempt?.as === 'chosen' && <span className="chip good">Chosen</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {line('State', ({ row }) => (
            <StateLabel state={row.state} />
          ))}
          {line('Model', ({ model }) => model ?? '–')}
          {attempts.some(({ check }) => check !== null) && line('Check', (attempt) => <Check attempt={attempt} />)}
          {line('Cost', ({ row }) => {
            const money = moneyTaken(row)
            return money === null ? '–' : cost(money)
          })}
          {line('Time', ({ row }) => {
            const ms = timeTaken(row, nowMs)
            return ms === null ? '–' : elapsed(ms)
          })}
          {line('Tokens', ({ row }) => {
            const used = tokensTaken(row)
            return used > 0 ? tokens(used) : '–'
          })}
          {line('Changes', (attempt) => (
            <ChangesOf attempt={attempt} />
          ))}
          {attempts.some(({ summary }) => summary) &&
            line('What it says', ({ summary }) =>
              summary ? <p className="attempt-says">{withMarks(summary.slice(0, 600))}</p> : '–',
            )}
          {line('Work kept at', ({ row }) => (row.ref === null ? '–' : <span className="mono small">{row.ref}</span>))}
          {line('What to do', (attempt) => (
            <Ways attempt={attempt} choice={choice} onChoose={onChoose} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Check({ attempt: { check } }: { attempt: AttemptColumn }) {
  if (!check) return '–'
  const passed = check.exitCode === 0
  return (
    <span className={passed ? 'row good' : 'row bad'}>
      <Icon name={passed ? 'pass' : 'fail'} size="small" />
      {passed ? 'Succeeded' : check.timedOut ? 'Ran into its time limit' : 'Failed'}
    </span>
  )
}

function ChangesOf({ attempt: { row, number, changes } }: { attempt: AttemptColumn }) {
  if (changes && 'message' in changes) return <span className="small bad">{changes.message}</span>
  if (changes?.fileCount === 0) return 'None'
  return (
    <button
      type="button"
      className="plain-link link"
      onClick={() => go({ view: 'task', id: row.id, chosen: { tab: 'changes' } })}
    >
      {changes ? (
        <>
          {count(changes.commits, 'commit')}, {count(changes.fileCount, 'file')} <LineCounts {...changes} />
        </>
      ) : (
        'So far…'
      )}
      <span className="unseen"> in attempt {number}</span>
    </button>
  )
}

/** What the user can do with the attempt as things stand. */
function Ways({ attempt, choice, onChoose }: Pick<Props, 'choice' | 'onChoose'> & { attempt: AttemptColumn }) {
  const { row, number } = attempt
  if (row.state.phase !== 'finished') return <span className="second">It has not ended.</span>
  if (row.attempt?.as === 'chosen') return <WaysOfChosen row={row} />
  if (choice === 'chosen') return <span className="second">Not chosen</span>
  if (row.ref === null) return <span className="second">It left no work.</span>
  return (
    <Button
      look={choice === 'open' && isUnmerged(row) && row.state.reason === 'awaiting_choice' ? 'primary' : undefined}
      icon="check"
      disabled={choice === 'runs'}
      onClick={() => onChoose(attempt)}
    >
      <span>
        Choose<span className="unseen"> attempt {number}</span>…
      </span>
    </Button>
  )
}

function WaysOfChosen({ row }: { row: TaskRow }) {
  if (isToReview(row)) return <ReviewButton task={row} />
  if (isConflict(row)) return <ResolveButtons task={row} />
  if (!isUnmerged(row)) return <span className="second">{row.state.phase === 'finished' && row.state.detail}</span>
  return <MergeButton task={row} primary />
}
