import { type KeyboardEvent, useState } from 'react'
import { Button } from '../../parts/button.tsx'
import { holdsCommand } from '../../parts/key-names.ts'
import { dropComment, keepComment, type ReviewComment } from '../../stores/review-comments.ts'

/** A comment below its line: a field while it is written, then its words. */
export function CommentNote({ task, comment }: { task: string; comment: ReviewComment }) {
  const [draft, setDraft] = useState<string | null>(comment.text === '' ? '' : null)
  const name = `Comment on line ${comment.line}`
  const leave = (): void => {
    if (comment.text === '') dropComment(task, comment)
    setDraft(null)
  }
  const keep = (): void => {
    if (draft === null || draft.trim() === '') return
    keepComment(task, { ...comment, text: draft })
    setDraft(null)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      leave()
    }
    if (event.key === 'Enter' && holdsCommand(event)) {
      event.preventDefault()
      keep()
    }
  }
  if (draft === null) {
    return (
      <section className="comment" aria-label={name}>
        <p className="prose grow">{comment.text}</p>
        <Button tiny look="plain" icon="pencil" label="Edit the comment" onClick={() => setDraft(comment.text)} />
        <Button tiny look="plain" icon="trash" label="Delete the comment" onClick={() => dropComment(task, comment)} />
      </section>
    )
  }
  return (
    <section className="comment" aria-label={name}>
      <textarea
        className="input grow"
        aria-label={name}
        rows={3}
        ref={focusOnce}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Button tiny onClick={leave}>
        Cancel
      </Button>
      <Button tiny look="primary" disabled={draft.trim() === ''} onClick={keep}>
        Keep
      </Button>
    </section>
  )
}

const focusOnce = (field: HTMLTextAreaElement | null): void => field?.focus({ preventScroll: true })
