import { createPortal } from 'react-dom'
import type { TaskRow } from '../../../../preload/live-state.ts'
import type { Changes } from '../../../../preload/task-details.ts'
import { DiffPane } from '../../../diff/diff-pane.tsx'
import { LayoutChoice } from '../../../diff/layout-choice.tsx'
import { count, exactTime } from '../../../format.ts'
import { Blank, FailureBlank, Loading } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { useAnswer } from '../../../parts/use-answer.ts'
import { useChosen } from '../../../stores/navigation.ts'
import { FileList } from './file-list.tsx'

/** What the task did to the files: in commits that are in the user's repository, or, while it works, in its clone at one moment. */
export function ChangesTab({ row, tools }: { row: TaskRow; tools: HTMLElement | null }) {
  const finished = row.state.phase === 'finished'
  const answer = useAnswer('changes', { id: row.id }, `${row.state.phase} ${row.ref}`)
  if (answer.status === 'loading') return <Loading what="Comparing…" />
  if (answer.status === 'failed') return <FailureBlank failure={answer.failure} again={answer.again} />
  const changes = answer.value
  return (
    <>
      {changes.live && changes.readAt !== null && (
        <AsOf readAt={changes.readAt} changes={changes} again={answer.again} />
      )}
      {changes.files.length > 0 ? (
        <Shown key={row.id} id={row.id} changes={changes} tools={tools} />
      ) : (
        <Blank icon="file" title={finished ? 'No changes' : 'No changes yet'}>
          {finished ? 'The task left no commit behind.' : 'What the agent changes shows here while it works.'}
        </Blank>
      )}
    </>
  )
}

/** Of which moment the changes are, and what is not among them. */
function AsOf({ readAt, changes, again }: { readAt: string; changes: Changes; again: () => void }) {
  return (
    <div className="as-of" role="status">
      <span>
        As it was at <time dateTime={readAt}>{exactTime(readAt)}</time>, uncommitted files too. The task works on.
        {changes.notes.length > 0 && <> {changes.notes.join('. ')}.</>}
      </span>
      <Button tiny icon="again" onClick={again}>
        Read Again
      </Button>
    </div>
  )
}

function Shown({ id, changes, tools }: { id: string; changes: Changes; tools: HTMLElement | null }) {
  const [chosen, setChosen] = useChosen('file')
  const file = changes.files.find(({ path }) => path === chosen) ?? changes.files[0]
  const added = changes.files.reduce((sum, { added }) => sum + added, 0)
  const removed = changes.files.reduce((sum, { removed }) => sum + removed, 0)
  const summary = (
    <>
      <span className="small second">
        {count(changes.commits.length, 'commit')}, {count(changes.fileCount, 'file')}{' '}
        <span className="good">+{added.toLocaleString('en')}</span>{' '}
        <span className="bad">−{removed.toLocaleString('en')}</span>
      </span>
      <LayoutChoice />
    </>
  )
  return (
    <div className="changes">
      {tools && createPortal(summary, tools)}
      <FileList changes={changes} chosen={file?.path ?? ''} onChoose={setChosen} />
      {file && <DiffPane id={id} file={file} version={changes.readAt} />}
    </div>
  )
}
