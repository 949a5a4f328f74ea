import { useState } from 'react'
import type { TaskId } from '../../../main/core/task.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { back } from '../../stores/navigation.ts'

export function Reject({ id, onClose }: { id: TaskId; onClose: () => void }) {
  const [dropRef, setDropRef] = useState(false)
  return (
    <Dialog
      title="Reject this work?"
      confirm="Reject"
      danger
      onClose={onClose}
      onConfirm={async () => {
        const done = await act('rejectTask', { id, dropRef })
        if (done) back()
        return done !== undefined
      }}
    >
      <p className="second">It is not merged, and no longer waits for you. Your branch is unchanged.</p>
      <label className="row">
        <input
          type="checkbox"
          className="switch"
          checked={dropRef}
          onChange={(event) => setDropRef(event.target.checked)}
        />
        Delete refs/tasks/{id} too
      </label>
      <p className={dropRef ? 'bad' : 'second'}>
        {dropRef ? 'Its work is nowhere else and will be gone.' : 'Its work stays at the ref.'}
      </p>
    </Dialog>
  )
}
