import type { AttemptColumn } from '../../../preload/attempts.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { sayMerge } from '../task/merge-now.ts'

/** Asks before one of several attempts is taken. */
export function Choose({
  attempt: { row, number, check },
  others,
  onClose,
}: {
  attempt: AttemptColumn
  others: number
  onClose: () => void
}) {
  const doubt =
    check && check.exitCode !== 0
      ? 'Its check failed. What the check printed is below the table.'
      : row.state.phase === 'finished' && row.state.reason !== 'awaiting_choice'
        ? `It did not succeed${row.state.detail === '' ? '' : `: ${row.state.detail}`}.`
        : null
  const choose = async (): Promise<boolean> => {
    const merge = await act('chooseAttempt', { id: row.id })
    if (merge) sayMerge(merge)
    return merge !== undefined
  }
  return (
    <Dialog
      title={`Choose attempt ${number}?`}
      confirm="Choose"
      danger={doubt !== null}
      onClose={onClose}
      onConfirm={choose}
    >
      {doubt && <p className="bad">{doubt}</p>}
      <p className="second">
        Its commits come onto your branch as the repository’s policy says: some wait for your review first. What the
        other {others === 1 ? 'attempt' : `${others} attempts`} made stays at {others === 1 ? 'its ref' : 'their refs'},
        and is kept below refs/tasks/{row.id}.also too.
      </p>
    </Dialog>
  )
}
