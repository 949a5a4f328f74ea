import { type ReactNode, useState } from 'react'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { IconName } from '../../parts/icon.tsx'
import { type Draft, useDraft } from '../../stores/draft.ts'
import { go } from '../../stores/navigation.ts'

interface Props {
  readonly draft: Partial<Draft>
  readonly icon?: IconName
  readonly tiny?: boolean
  readonly children: ReactNode
}

/** Opens New Task with this draft. Where another one is being written, it asks first: no word is lost by a click. */
export function DraftButton({ draft, icon, tiny = false, children }: Props) {
  const [asking, setAsking] = useState(false)
  const write = (): void => {
    useDraft.setState(draft)
    go({ view: 'new-task' })
  }
  const start = (): void => {
    const written = useDraft.getState().description.trim()
    if (written === '' || written === draft.description?.trim()) write()
    else setAsking(true)
  }
  return (
    <>
      <Button {...(icon && { icon })} tiny={tiny} onClick={start}>
        {children}
      </Button>
      {asking && (
        <Dialog
          title="Replace what you are writing?"
          confirm="Replace"
          danger
          onClose={() => setAsking(false)}
          onConfirm={() => {
            write()
            return true
          }}
        >
          <p className="second">New Task holds a text that was not started: “{firstWords()}”</p>
        </Dialog>
      )}
    </>
  )
}

const firstWords = (): string => {
  const text = useDraft.getState().description.trim()
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
