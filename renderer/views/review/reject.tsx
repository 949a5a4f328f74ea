import { useState } from 'react'
import { taskRef } from '../../../main/core/merge/merge.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { back } from '../../stores/navigation.ts'
import { RefSwitch } from '../task/task-dialogs.tsx'

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
      <RefSwitch name={taskRef(id)} on={dropRef} onChange={setDropRef} />
    </Dialog>
  )
}
