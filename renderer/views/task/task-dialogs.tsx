import { useState } from 'react'
import type { TaskRow } from '../../../preload/live-state.ts'
import { act } from '../../api.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { landingOf } from './landing/landing-of.ts'

export function Stop({ row, onClose }: { row: TaskRow; onClose: () => void }) {
  const { title, confirm, what } = stopWords(row)
  return (
    <Dialog
      title={title}
      confirm={confirm}
      danger
      onClose={onClose}
      onConfirm={async () => (await act('cancelTask', { id: row.id })) !== undefined}
    >
      <p className="second">{what}</p>
    </Dialog>
  )
}

function stopWords(row: TaskRow): {
  readonly title: string
  readonly confirm: string
  readonly what: string
} {
  const { id, state } = row
  const kept = `kept at refs/tasks/${id}; your checkout is unchanged.`
  if (state.phase === 'merging' || landingOf(row)) {
    const what = `It is checked no more and does not come onto the branch. Its work is ${kept}`
    return { title: 'Take this work out of what lands?', confirm: 'Take It Out', what }
  }
  switch (state.phase) {
    case 'queued': {
      const what = 'It has no machine, so there is nothing new to keep.'
      return { title: 'Take this task from the queue?', confirm: 'Take It Out', what }
    }
    default: {
      const what = `Its machine is turned off. What it made so far is ${kept}`
      return { title: 'Stop this task?', confirm: 'Stop', what }
    }
  }
}

export function CleanUp({ row, onClose, onDone }: { row: TaskRow; onClose: () => void; onDone: () => void }) {
  const [deleteRef, setDeleteRef] = useState(false)
  return (
    <Dialog
      title="Clean up this task?"
      confirm="Clean Up"
      danger
      onClose={onClose}
      onConfirm={async () => {
        const done = await act('cleanupTask', { id: row.id, deleteRef })
        if (done) onDone()
        return done !== undefined
      }}
    >
      <p className="second">Its folder is deleted: the clone, the console, the record. It leaves the history.</p>
      {row.ref !== null && <RefSwitch name={row.ref} on={deleteRef} onChange={setDeleteRef} />}
    </Dialog>
  )
}

/** Whether the ref goes too, and what that means for the work at it. */
export function RefSwitch({ name, on, onChange }: { name: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <>
      <label className="row">
        <input type="checkbox" className="switch" checked={on} onChange={(event) => onChange(event.target.checked)} />
        Delete {name} too
      </label>
      <p className={on ? 'bad' : 'second'}>
        {on ? 'Its work is nowhere else and will be gone.' : 'Its work stays at the ref.'}
      </p>
    </>
  )
}
