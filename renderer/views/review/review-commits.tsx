import type { Review } from '../../../preload/review.ts'
import { count } from '../../format.ts'
import { Button } from '../../parts/button.tsx'

interface Props {
  readonly commits: Review['commits']
  /** Ids of those that are not taken. */
  readonly left: ReadonlySet<string>
  /** New messages by id. */
  readonly messages: Readonly<Record<string, string>>
  /** The one whose changes are shown; null for all together. */
  readonly shown: string | null
  readonly onLeave: (left: ReadonlySet<string>) => void
  readonly onEdit: (id: string) => void
  readonly onShow: (id: string | null) => void
}

/** The commits, oldest first: a mark takes one, its name shows it alone. What is not checked stays at the ref. */
export function ReviewCommits({ commits, left, messages, shown, onLeave, onEdit, onShow }: Props) {
  return (
    <ol className="review-commits" aria-label="Commits">
      {commits.length > 1 && (
        <li>
          <button type="button" className="commit-name" aria-pressed={shown === null} onClick={() => onShow(null)}>
            <b className="cut">All Changes</b>
            <small className="cut">{count(commits.length, 'commit')} together</small>
          </button>
        </li>
      )}
      {commits.map(({ id, subject, author }) => {
        const words = messages[id]?.split('\n')[0] ?? subject
        return (
          <li key={id}>
            <input
              type="checkbox"
              aria-label={`Take: ${words}`}
              checked={!left.has(id)}
              onChange={({ target }) => {
                const next = new Set(left)
                if (target.checked) next.delete(id)
                else next.add(id)
                onLeave(next)
              }}
            />
            <button
              type="button"
              className="commit-name"
              title={words}
              aria-pressed={shown === id}
              onClick={() => onShow(shown === id ? null : id)}
            >
              <b className="cut">{words}</b>
              <small className="cut">
                <span className="mono">{id.slice(0, 7)}</span> {author}
                {id in messages && ', message edited'}
              </small>
            </button>
            <Button
              tiny
              look="plain"
              icon="pencil"
              label={`Edit the message of ${id.slice(0, 7)}`}
              onClick={() => onEdit(id)}
            />
          </li>
        )
      })}
    </ol>
  )
}
