import type { TaskRow } from '../../../preload/live-state.ts'
import { when } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { TitleText } from '../../parts/text/title-text.tsx'
import { change } from '../../stores/change-settings.ts'
import { useNow } from '../../stores/clock.ts'
import { useSettings } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'

/** What waits for a slot, in the order in which it will get one; what is parked, or comes after other tasks, is last. */
export function Queue({ waiting }: { waiting: readonly TaskRow[] }) {
  const nowMs = useNow()
  const isPaused = useSettings()?.queuePaused ?? false
  if (waiting.length === 0) return null
  const inOrder = [...waiting].sort((one, other) => positionOf(one) - positionOf(other))
  return (
    <section className="queue" aria-labelledby="queue-title">
      <header>
        <h2 id="queue-title">Waiting</h2>
        <span className="second">
          {isPaused
            ? 'Paused: none starts until you resume.'
            : 'Each starts by itself when a slot and memory are free.'}
        </span>
        <Button icon={isPaused ? 'again' : 'pause'} onClick={() => void change({ queuePaused: !isPaused })}>
          {isPaused ? 'Resume' : 'Pause'}
        </Button>
      </header>
      <ol>
        {inOrder.map((task, index) => (
          <li key={task.id}>
            <button type="button" data-task={task.id} onClick={() => go({ view: 'task', id: task.id })}>
              {task.state.phase === 'parked' || isBlocked(task) ? (
                <Icon name="pause" size="small" />
              ) : (
                <span className="third">{index + 1}</span>
              )}
              <span className="grow">
                <span className="cut" title={task.title}>
                  <TitleText text={task.title} />
                </span>
                <small className="cut">
                  {task.repo} · {noteOf(task, index, nowMs)}
                </small>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}

const positionOf = ({ state }: TaskRow): number =>
  state.phase === 'queued' || state.phase === 'parked' ? (state.position ?? Number.MAX_SAFE_INTEGER) : 0

const isBlocked = ({ state }: TaskRow): boolean => state.phase === 'queued' && state.blocked !== null

function noteOf({ state }: TaskRow, index: number, nowMs: number): string {
  if (state.phase === 'parked') return `${state.detail}, goes on ${when(state.until, nowMs)}`
  if (state.phase === 'queued' && state.blocked !== null) return state.blocked
  return index === 0 ? 'Next' : `After ${index}`
}
