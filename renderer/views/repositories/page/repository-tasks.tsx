import { useState } from 'react'
import { ago, cost, tokens } from '../../../format.ts'
import { FailureBlank } from '../../../parts/blank.tsx'
import { StateLabel } from '../../../parts/state-label.tsx'
import { TitleText } from '../../../parts/text/title-text.tsx'
import { useAnswer } from '../../../parts/use-answer.ts'
import { queryOf, usualChoice } from '../../../stores/history.ts'
import { go } from '../../../stores/navigation.ts'
import { SpendChart } from '../../history/spend-chart.tsx'

const shownTasks = 6

/** The newest tasks of the repository, and what all of them cost. */
export function RepositoryTasks({ alias, version }: { alias: string; version: string }) {
  const [nowMs] = useState(Date.now)
  const query = queryOf({ ...usualChoice, repo: alias }, nowMs, Intl.DateTimeFormat().resolvedOptions().timeZone)
  const answer = useAnswer('history', { ...query, offset: 0, limit: shownTasks }, version)
  if (answer.status === 'failed') return <FailureBlank failure={answer.failure} again={answer.again} />
  if (answer.status === 'loading') return null
  const { rows, spend, costUsd, tokens: used } = answer.value
  return (
    <section className="group">
      <h2>Tasks</h2>
      <div className="card">
        {rows.length === 0 && <p className="padded second">None yet.</p>}
        {spend.length > 1 && <SpendChart spend={spend} />}
        <ul className="task-lines">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" data-task={row.id} onClick={() => go({ view: 'task', id: row.id })}>
                <StateLabel state={row.state} />
                <span className="cut grow" title={row.title}>
                  <TitleText text={row.title} />
                </span>
                <small>{row.finishedAt ? ago(row.finishedAt, nowMs) : ''}</small>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {rows.length > 0 && (
        <p>
          {cost(costUsd)} and {tokens(used)} tokens in all.
        </p>
      )}
    </section>
  )
}
