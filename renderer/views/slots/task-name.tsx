import type { SlotRow, TaskRow } from '../../../preload/live-state.ts'
import { lookOf } from '../../parts/states.ts'
import { TitleText } from '../../parts/text/title-text.tsx'
import { go } from '../../stores/navigation.ts'

/** The one button that is spread over a card: its name is the task, the rest of the card is text beside it. */
export function TaskName({ slot, task, ended = false }: { slot: SlotRow; task: TaskRow; ended?: boolean }) {
  const { id, title, repo, state, attempt } = task
  return (
    <div>
      <button type="button" data-stop data-task={id} title={title} onClick={() => go({ view: 'task', id })}>
        <span className="unseen">
          Slot {slot.slot},{ended && ' free, before:'} {lookOf(state).word}:{' '}
        </span>
        <TitleText text={title} />
      </button>
      <span className="repo-name cut">{attempt ? `${repo} · ${attempt.text}` : repo}</span>
    </div>
  )
}
