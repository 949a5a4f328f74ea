import { useId, useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import { count } from '../../format.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { dropAllComments, type ReviewComment, textOfComments } from '../../stores/review-comments.ts'
import { tellAgent } from '../task/continue/tell-agent.ts'

/** Has the task go on with what was said of its work. */
export function SendComments(props: { id: TaskId; comments: readonly ReviewComment[]; onClose: () => void }) {
  const { id, comments, onClose } = props
  const [about, setAbout] = useState('')
  const field = useId()
  return (
    <Dialog
      title={`Send ${count(comments.length, 'comment')} to the agent?`}
      confirm="Send"
      onClose={onClose}
      onConfirm={async () => {
        const sent = await tellAgent(id, textOfComments(comments, about))
        if (sent) dropAllComments(id)
        return sent
      }}
    >
      <p className="second">The task goes on with them, in its own clone and session. Nothing is merged meanwhile.</p>
      <div className="labelled">
        <label htmlFor={field}>Of the whole (optional)</label>
        <textarea
          id={field}
          className="input"
          rows={3}
          value={about}
          onChange={(event) => setAbout(event.target.value)}
        />
      </div>
    </Dialog>
  )
}
