import type { ReactNode } from 'react'
import type { TaskRow } from '../../../preload/live-state.ts'
import type { TaskDetails } from '../../../preload/task-details.ts'
import { cost, elapsed, tokens } from '../../format.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { withMarks } from '../../parts/text/with-marks.tsx'
import { useNow } from '../../stores/clock.ts'
import { moneyTaken, timeTaken, tokensTaken } from '../../taken.ts'

/** Beside console and steps: how much is left, what happens at the end, and what was asked. */
export function Details({ row, details }: { row: TaskRow; details: TaskDetails | null }) {
  if (!details) return <aside className="details" aria-label="Details" />
  return (
    <aside className="details" aria-label="Details">
      {details.caps && <Limits row={row} caps={details.caps} />}
      <Branch row={row} details={details} />
      <section>
        <div className="row">
          <h3 className="grow">Task</h3>
          <CopyButton text={details.description} what="text of the task" />
        </div>
        <p className="text selectable">{withMarks(details.description.slice(0, 4_000))}</p>
      </section>
    </aside>
  )
}

/** Where its commits go, or where they are now that it has ended. */
function Branch({ row: { id, ref, state }, details }: { row: TaskRow; details: TaskDetails }) {
  const hasEnded = state.phase === 'finished'
  const kept = hasEnded ? ref : `refs/tasks/${id}`
  return (
    <section>
      <h3>{hasEnded ? 'Its commits' : 'When it ends'}</h3>
      <dl>
        <dt>{branchWord(state)}</dt>
        <dd className="mono cut">{details.branch ?? '–'}</dd>
        {details.forkOf !== null && (
          <>
            <dt>Forked from</dt>
            <dd className="mono">{details.forkOf}</dd>
          </>
        )}
        <dt>Started from</dt>
        <dd className="mono">{details.startCommit?.slice(0, 8) ?? '–'}</dd>
        {kept !== null && (
          <>
            <dt>{hasEnded ? 'Kept at' : 'Saved to'}</dt>
            <dd className="mono cut" title={kept}>
              {kept.replace(/^refs\//, '')}
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

function Limits({ row, caps }: { row: TaskRow; caps: NonNullable<TaskDetails['caps']> }) {
  const nowMs = useNow()
  const [money, used, ran] = [moneyTaken(row), tokensTaken(row), timeTaken(row, nowMs) ?? 0]
  return (
    <section>
      <h3>Limits</h3>
      <Limit name="Time" part={ran / caps.timeoutMs}>
        {elapsed(ran)} of {elapsed(caps.timeoutMs)}
      </Limit>
      {caps.maxCostUsd !== null && (
        <Limit name="Cost" part={(money ?? 0) / caps.maxCostUsd}>
          {money === null ? 'up to ' : `${cost(money)} of `}
          {cost(caps.maxCostUsd)}
        </Limit>
      )}
      {caps.maxTokens !== null && (
        <Limit name="Tokens" part={used / caps.maxTokens}>
          {tokens(used)} of {tokens(caps.maxTokens)}
        </Limit>
      )}
    </section>
  )
}

function Limit({ name, part, children }: { name: string; part: number; children: ReactNode }) {
  return (
    <div className="limit">
      <div className="row">
        <span>{name}</span>
        <span className="second">{children}</span>
      </div>
      <div className="bar">
        <i style={{ width: `${Math.min(100, Math.max(0, part * 100))}%` }} />
      </div>
    </div>
  )
}

function branchWord(state: TaskRow['state']): string {
  if (state.phase !== 'finished') return 'Merge into'
  if (state.outcome === 'merged') return 'Merged into'
  return state.outcome === 'unchanged' ? 'Branch' : 'Not merged into'
}
