import type { TaskRow } from '../../../preload/live-state.ts'
import { ago } from '../../format.ts'
import { StateLabel } from '../../parts/state-label.tsx'
import { TitleText } from '../../parts/text/title-text.tsx'
import { useNow } from '../../stores/clock.ts'
import { go } from '../../stores/navigation.ts'

/** Tasks that ended within the hour and whose slot has another one by now. */
export function JustEnded({ tasks }: { tasks: readonly TaskRow[] }) {
  const nowMs = useNow()
  if (tasks.length === 0) return null
  return (
    <section className="queue news" aria-labelledby="ended-title">
      <header>
        <h2 id="ended-title">Just ended</h2>
      </header>
      <ol>
        {tasks.map((task) => (
          <li key={task.id}>
            <button type="button" data-task={task.id} onClick={() => go({ view: 'task', id: task.id })}>
              <span className="grow">
                <span className="cut" title={task.title}>
                  <TitleText text={task.title} />
                </span>
                <small className="cut">
                  {task.repo}
                  {task.finishedAt && ` · ${ago(task.finishedAt, nowMs)}`}
                </small>
              </span>
              <StateLabel state={task.state} />
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
