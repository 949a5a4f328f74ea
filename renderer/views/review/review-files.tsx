import { type ReactNode, useMemo, useRef } from 'react'
import type { Against } from '../../../main/core/merge/file-diff.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { ChangedFile } from '../../../preload/task-details.ts'
import type { DiffLinesHandle } from '../../diff/diff-lines.tsx'
import { DiffPane } from '../../diff/diff-pane.tsx'
import { keyOf, type Spot } from '../../diff/diff-row.tsx'
import { Blank } from '../../parts/blank.tsx'
import { useChosen } from '../../stores/navigation.ts'
import { keepComment, useReviewComments } from '../../stores/review-comments.ts'
import { setViewed, useViewed, viewedOf } from '../../stores/viewed.ts'
import { FileList } from '../task/changes/file-list.tsx'
import { CommentNote } from './comment-note.tsx'
import { useReviewKeys } from './use-review-keys.ts'

interface Props {
  readonly id: TaskId
  /** The commit of the whole work: with another one, marks and places are no longer the same. */
  readonly work: string
  readonly changes: { readonly files: readonly ChangedFile[]; readonly fileCount: number }
  readonly against: Against
  /** What stands above the files. */
  readonly list: ReactNode
}

/** The files beside the lines of one: each is marked once it was seen, and its lines are commented on. */
export function ReviewFiles({ id, work, changes, against, list }: Props) {
  const [path, setPath] = useChosen('file')
  const all = useViewed((state) => state.all)
  const viewed = viewedOf(all, id, work)
  const comments = useReviewComments(id)
  const lines = useRef<DiffLinesHandle>(null)
  const { files } = changes
  const at = Math.max(
    0,
    files.findIndex((it) => it.path === path),
  )
  const file = files[at]
  const seen = files.filter((it) => viewed.has(it.path)).length
  const notes = useMemo(
    () =>
      new Map(
        comments.flatMap((comment) =>
          comment.path === file?.path
            ? [[keyOf(comment), <CommentNote key={keyOf(comment)} task={id} comment={comment} />] as const]
            : [],
        ),
      ),
    [comments, file?.path, id],
  )
  const show = (to: ChangedFile | undefined): void => {
    if (to) setPath(to.path)
  }
  const mark = (on: boolean): void => {
    if (!file) return
    setViewed(id, work, file.path, on)
    // On to what was not seen yet; where the reader takes a mark back, he stays.
    if (on) show([...files.slice(at + 1), ...files.slice(0, at)].find((it) => !viewed.has(it.path)))
  }
  const comment = (spot: Spot | undefined): void => {
    const held = spot && comments.find((it) => it.path === file?.path && keyOf(it) === keyOf(spot))
    if (file && spot && !held)
      keepComment(id, { path: file.path, side: spot.side, line: spot.line, quote: spot.text, text: '' })
  }
  const onComment = useRef(comment)
  onComment.current = comment
  const stable = useMemo(() => (spot: Spot) => onComment.current(spot), [])
  useReviewKeys({
    j: () => show(files[at + 1]),
    k: () => show(files[at - 1]),
    x: () => mark(!viewed.has(file?.path ?? '')),
    e: () => lines.current?.toggleWhole(),
    n: () => lines.current?.step(1),
    p: () => lines.current?.step(-1),
    c: () => comment(lines.current?.spot()),
  })
  return (
    <div className="review">
      <div className="review-side">
        {list}
        <p className="review-progress small second" role="status">
          {seen} of {files.length} viewed
        </p>
        <FileList changes={changes} chosen={file?.path ?? ''} onChoose={setPath} viewed={viewed} />
      </div>
      {file ? (
        <DiffPane
          id={id}
          file={file}
          against={against}
          handle={lines}
          onComment={stable}
          notes={notes}
          tools={
            <label className="row small">
              <input type="checkbox" checked={viewed.has(file.path)} onChange={({ target }) => mark(target.checked)} />
              Viewed
            </label>
          }
        />
      ) : (
        <Blank icon="file" title="No file differs">
          All of it is on the branch already.
        </Blank>
      )}
    </div>
  )
}
