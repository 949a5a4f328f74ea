import type { TaskRow } from '../../../preload/live-state.ts'
import { adviceFor } from '../../advice.ts'
import { Button } from '../../parts/button.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { TitleText } from '../../parts/text/title-text.tsx'
import { go } from '../../stores/navigation.ts'

/** The chosen task of a list at a glance, without leaving the list. */
export function Peek({ row }: { row: TaskRow }) {
  const { state } = row
  const detail = state.phase === 'finished' || state.phase === 'parked' ? state.detail : (row.live?.lastLine ?? '')
  return (
    <section className="peek" aria-label="At a glance" aria-live="polite">
      <header className="row">
        <StateLabel state={state} />
        <span className="second small grow cut">
          {row.repo} <span className="mono">{row.id}</span>
        </span>
        {(row.plan || row.after) && (
          <Button tiny onClick={() => go({ view: 'plan', id: row.id })}>
            Show Plan
          </Button>
        )}
        {row.attempt && (
          <Button tiny onClick={() => go({ view: 'attempts', id: row.id })}>
            Compare Attempts
          </Button>
        )}
        <Button tiny onClick={() => go({ view: 'task', id: row.id })}>
          Open Task
        </Button>
      </header>
      <p className="prose">
        <TitleText text={row.title} />
      </p>
      <p className="prose second small">
        {[detail, row.request?.text, adviceFor(row)?.next, row.ref && `Work is kept at ${row.ref}.`]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </section>
  )
}
