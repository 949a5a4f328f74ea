import type { ReactNode } from 'react'
import type { TaskRow } from '../../../preload/live-state.ts'
import type { TaskDetails } from '../../../preload/task-details.ts'
import { cost, elapsed, tokens } from '../../format.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { useNow } from '../../stores/clock.ts'

/** Beside console and steps: how much is left, what happens at the end, and what was asked. */
export function Details({ row, details }: { row: TaskRow; details: TaskDetails | null }) {
  if (!details) return <aside className="details" aria-label="Details" />
  return (
    <aside className="details" aria-label="Details">
      {details.caps && <Limits row={row} caps={details.caps} />}
      <section>
        <h3>When it ends</h3>
        <dl>
          <dt>Merge into</dt>
          <dd className="mono cut">{details.branch ?? '–'}</dd>
          <dt>Started from</dt>
          <dd className="mono">{details.startCommit?.slice(0, 8) ?? '–'}</dd>
          <dt>Kept at</dt>
          <dd className="mono cut" title={`refs/tasks/${row.id}`}>
            tasks/{row.id}
          </dd>
        </dl>
      </section>
      <section>
        <div className="row">
          <h3 className="grow">Task</h3>
          <CopyButton text={details.description} what="text of the task" />
        </div>
        <p className="text selectable">{details.description.slice(0, 4_000)}</p>
      </section>
    </aside>
  )
}

function Limits({ row, caps }: { row: TaskRow; caps: NonNullable<TaskDetails['caps']> }) {
  const nowMs = useNow()
  const end = row.finishedAt === null ? nowMs : Date.parse(row.finishedAt)
  const ran = row.startedAt === null ? 0 : end - Date.parse(row.startedAt)
  const used = row.usage ? row.usage.inputTokens + row.usage.outputTokens : (row.live?.tokens ?? 0)
  const money = row.usage?.costUsd ?? row.live?.costUsd ?? null
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
