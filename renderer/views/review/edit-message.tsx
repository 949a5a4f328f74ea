import { useId, useState } from 'react'
import { Dialog } from '../../parts/dialog.tsx'

interface Props {
  readonly message: string
  readonly onSave: (message: string) => void
  readonly onClose: () => void
}

export function EditMessage({ message, onSave, onClose }: Props) {
  const [text, setText] = useState(message)
  const about = useId()
  return (
    <Dialog
      title="Message of the commit"
      confirm="Use It"
      onClose={onClose}
      onConfirm={() => {
        if (text.trim() === '') return false
        onSave(text)
        return true
      }}
    >
      <textarea
        className="input"
        aria-label="Message"
        aria-describedby={about}
        rows={6}
        required
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <p id={about} className="small second">
        It becomes the whole message when you accept. Only the first line of what the task wrote is shown here.
      </p>
    </Dialog>
  )
}
