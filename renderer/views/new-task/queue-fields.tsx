import { Select } from '../../parts/select.tsx'
import { useDraft } from '../../stores/draft.ts'

const priorities = [
  { value: '10', word: 'Before others' },
  { value: '0', word: 'In turn' },
  { value: '-10', word: 'After others' },
] as const

/** Whether the task may wait, and where in the queue. */
export function QueueFields({ queue, priority }: { queue: boolean; priority: string }) {
  return (
    <div className="row">
      <input
        id="task-queue"
        type="checkbox"
        className="switch"
        checked={queue}
        onChange={(event) => useDraft.setState({ queue: event.target.checked })}
      />
      <label htmlFor="task-queue" className="grow">
        Wait for a slot if all are busy
      </label>
      {queue && (
        <Select
          label="Place in the queue"
          value={priority}
          options={priorities}
          onChange={(value) => useDraft.setState({ priority: value })}
        />
      )}
    </div>
  )
}
