import { useDraft } from '../../stores/draft.ts'

/** Whether the agent waits for more when it is done. */
export function HoldField({ hold }: { hold: boolean }) {
  return (
    <div className="row">
      <input
        id="task-hold"
        type="checkbox"
        className="switch"
        checked={hold}
        onChange={(event) => useDraft.setState({ hold: event.target.checked })}
      />
      <label htmlFor="task-hold" className="grow">
        When it is done, wait half an hour for more
      </label>
    </div>
  )
}
