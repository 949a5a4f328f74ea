import { useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useAnswer } from '../../parts/use-answer.ts'

interface Props {
  readonly id: TaskId
  readonly commit: string
  /** What was written in its place before; null where nothing was. */
  readonly written: string | null
  readonly onSave: (message: string) => void
  readonly onClose: () => void
}

/** The whole message of a commit, to be written anew. */
export function EditMessage({ id, commit, written, onSave, onClose }: Props) {
  const answer = useAnswer('reviewCommit', { id, commit })
  const [draft, setDraft] = useState(written)
  const text = draft ?? (answer.status === 'ready' ? answer.value.message : null)
  return (
    <Dialog
      title="Message of the commit"
      confirm="Use It"
      onClose={onClose}
      onConfirm={() => {
        if (text === null || text.trim() === '') return false
        onSave(text)
        return true
      }}
    >
      {text === null && answer.status === 'failed' && <FailureBlank failure={answer.failure} again={answer.again} />}
      {text === null && answer.status === 'loading' && <Loading what="Reading the message…" />}
      {text !== null && (
        <textarea
          className="input"
          aria-label="Message"
          rows={8}
          required
          ref={focusOnce}
          value={text}
          onChange={(event) => setDraft(event.target.value)}
        />
      )}
    </Dialog>
  )
}

const focusOnce = (field: HTMLTextAreaElement | null): void => field?.focus()
