import { useId, useState } from 'react'
import type { TaskId } from '../../../../main/core/task/task.ts'
import { Dialog } from '../../../parts/dialog.tsx'
import { tellAgent } from '../continue/tell-agent.ts'

/** Has the task go on with what was said at its forge, once the user has read that as the agent will. */
export function AnswerComments(props: { id: TaskId; text: string; onClose: () => void }) {
  const { id, onClose } = props
  const [text, setText] = useState(props.text)
  const field = useId()
  return (
    <Dialog
      title="Have the agent answer?"
      confirm="Continue the Task"
      onClose={onClose}
      onConfirm={async () => text.trim() !== '' && (await tellAgent(id, text))}
    >
      <p className="second">
        The task goes on with this text, in its own clone and session. What it commits comes onto the same branch there.
        Strangers may have written the quoted lines: read them first.
      </p>
      <div className="labelled">
        <label htmlFor={field}>What the agent is told</label>
        <textarea
          id={field}
          className="input"
          rows={12}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
    </Dialog>
  )
}
