import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'

interface Props {
  readonly title: string
  readonly confirm: string
  readonly danger?: boolean
  readonly children: ReactNode
  readonly onClose: () => void
  /** Whether the dialog may close. */
  readonly onConfirm: () => Promise<boolean> | boolean
}

/** Asks before something is done. Escape and Cancel leave everything as it is. */
export function Dialog({ title, confirm, danger, children, onClose, onConfirm }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    dialog.current?.showModal()
    // Return does what is asked where that harms nothing, and there is nothing to fill in first.
    if (danger || dialog.current?.querySelector('input, textarea, select')) return
    dialog.current?.querySelector<HTMLElement>('button[type="submit"]')?.focus()
  }, [danger])
  /** At once, not at the event that follows: by then anyone who asked has the focus again, and a key could ask again. */
  const close = (): void => {
    dialog.current?.close()
    onClose()
  }
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    const done = await onConfirm()
    setBusy(false)
    if (done) close()
  }
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClose={onClose}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.stopPropagation()
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey))
          event.currentTarget.querySelector('form')?.requestSubmit()
      }}
    >
      <form onSubmit={submit}>
        <h2>{title}</h2>
        {children}
        <footer>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} disabled={busy}>
            {confirm}
          </Button>
        </footer>
      </form>
    </dialog>
  )
}
