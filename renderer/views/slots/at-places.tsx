import type { TaskRow } from '../../../preload/live-state.ts'
import { elapsed } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { TitleText } from '../../parts/text/title-text.tsx'
import { useNow } from '../../stores/clock.ts'
import { go } from '../../stores/navigation.ts'
import { LastSteps } from './last-steps.tsx'

/** Tasks on other machines, beside those in the slots of this one. */
export function AtPlaces({ tasks }: { tasks: readonly TaskRow[] }) {
  if (tasks.length === 0) return null
  return (
    <section className="queue at-places" aria-labelledby="places-title">
      <header>
        <h2 id="places-title">At places</h2>
        <span className="second">These run on other machines, and take no slot here.</span>
        <Button icon="globe" onClick={() => go({ view: 'places' })}>
          Show Places
        </Button>
      </header>
      <ol>
        {tasks.map((task) => (
          <li key={task.id}>
            <Entry task={task} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Entry({ task }: { task: TaskRow }) {
  const { id, title, repo, place, state, startedAt } = task
  const nowMs = useNow()
  const blocked = state.phase === 'queued' ? state.blocked : null
  return (
    <button type="button" data-task={id} onClick={() => go({ view: 'task', id })}>
      <span className="grow">
        <span className="cut" title={title}>
          <TitleText text={title} />
        </span>
        <small className="cut">
          {place} · {repo}
          {startedAt !== null && ` · ${elapsed(nowMs - Date.parse(startedAt))}`}
          {blocked !== null && ` · ${blocked}`}
        </small>
        {state.phase !== 'queued' && <LastSteps task={task} most={2} />}
      </span>
      <StateLabel state={state} />
    </button>
  )
}
