import type { Review } from '../../../preload/review.ts'
import { Button } from '../../parts/button.tsx'

interface Props {
  readonly commits: Review['commits']
  /** Ids of those that are not taken. */
  readonly left: ReadonlySet<string>
  /** New messages by id. */
  readonly messages: Readonly<Record<string, string>>
  readonly onLeave: (left: ReadonlySet<string>) => void
  readonly onEdit: (id: string) => void
}

/** The commits, oldest first; what is not checked stays at the ref. */
export function ReviewCommits({ commits, left, messages, onLeave, onEdit }: Props) {
  return (
    <ol className="review-commits" aria-label="Commits">
      {commits.map(({ id, subject, author }) => {
        const shown = messages[id]?.split('\n')[0] ?? subject
        return (
          <li key={id}>
            <label className="grow" title={shown}>
              <input
                type="checkbox"
                checked={!left.has(id)}
                onChange={({ target }) => {
                  const next = new Set(left)
                  if (target.checked) next.delete(id)
                  else next.add(id)
                  onLeave(next)
                }}
              />
              <span className="grow">
                <b className="cut">{shown}</b>
                <small className="cut">
                  <span className="mono">{id.slice(0, 7)}</span> {author}
                  {id in messages && ', message edited'}
                </small>
              </span>
            </label>
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
