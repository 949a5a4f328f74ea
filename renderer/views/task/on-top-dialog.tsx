import type { TaskRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { go } from '../../stores/navigation.ts'

/** Asks before a task is stopped to run again on top of the one that changes the same. */
export function OnTop({ row, other, onClose }: { row: TaskRow; other: string; onClose: () => void }) {
  return (
    <Dialog
      title={`Continue on top of task ${other}?`}
      confirm="Continue on Top"
      danger
      onClose={onClose}
      onConfirm={async () => {
        const started = await act('retryTask', { id: row.id, onTopOf: other })
        if (started) go({ view: 'task', id: started.id })
        return started !== undefined
      }}
    >
      <p className="second">
        {row.overlap && `${row.overlap.text}. `}
        This task is stopped, and what it made so far is kept at refs/tasks/{row.id}. Its text runs again from what task{' '}
        {other} comes to, merged or not.
      </p>
    </Dialog>
  )
}
