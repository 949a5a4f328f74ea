import { useRef } from 'react'
import type { Against, FileDiff } from '../../main/core/merge/file-diff.ts'
import { unreachable } from '../../main/core/unreachable.ts'
import type { ChangedFile } from '../../preload/task-details.ts'
import { bytes, count } from '../format.ts'
import { Blank, FailureBlank, Loading } from '../parts/blank.tsx'
import { Button } from '../parts/button.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { Path } from '../parts/path.tsx'
import { HiddenCharacters, haveHidden } from '../parts/text/hidden-characters.tsx'
import { useAnswer } from '../parts/use-answer.ts'
import { HunkView } from './hunk-view.tsx'

interface Props {
  readonly id: string
  readonly file: ChangedFile
  readonly layout: 'split' | 'unified'
  /** What a review compares with; a task is compared with where it started. */
  readonly against?: Against
  /** The lines are asked for again when it changes. */
  readonly version?: string | null
}

export function DiffPane({ id, file, layout, against, version }: Props) {
  const request = { id, path: file.path }
  const answer = useAnswer<'fileDiff' | 'reviewDiff'>(
    against ? 'reviewDiff' : 'fileDiff',
    against ? { ...request, against } : request,
    version,
  )
  const scroller = useRef<HTMLElement>(null)
  const step = (by: 1 | -1) => () => scroller.current && goToChange(scroller.current, by)
  const hasText = answer.status === 'ready' && answer.value.kind === 'text' && answer.value.hunks.length > 0
  return (
    <section className="pane" aria-label={`Changes of ${file.path}`}>
      <header className="diff-head">
        <Path path={file.path} className="mono grow selectable" />
        {file.oldPath !== null && <span className="second cut was">was {file.oldPath}</span>}
        {file.mode && <span className="second mode">{file.mode}</span>}
        <CopyButton text={file.path} what="path" />
        <Button tiny look="plain" icon="up" label="Previous change" disabled={!hasText} onClick={step(-1)} />
        <Button tiny look="plain" icon="down" label="Next change" disabled={!hasText} onClick={step(1)} />
      </header>
      {answer.status === 'loading' && <Loading what="Comparing…" />}
      {answer.status === 'failed' && <FailureBlank failure={answer.failure} again={answer.again} />}
      {answer.status === 'ready' && isHidden(answer.value, file) && <HiddenCharacters what="This file" />}
      {answer.status === 'ready' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        <section key={file.path} ref={scroller} className="diff" tabIndex={0} aria-label="Differences">
          <Body diff={answer.value} file={file} layout={layout} />
        </section>
      )}
    </section>
  )
}

const isHidden = (diff: FileDiff, { path }: ChangedFile): boolean =>
  (diff.kind === 'text' && diff.hidden === true) || haveHidden(path)

function Body({ diff, file, layout }: { diff: FileDiff; file: ChangedFile; layout: 'split' | 'unified' }) {
  switch (diff.kind) {
    case 'text':
      return diff.hunks.length === 0 ? (
        <Blank icon="file" title="No line changed">
          {file.status === 'renamed' ? 'It only has another name.' : (file.mode ?? 'It is empty.')}
        </Blank>
      ) : (
        diff.hunks.map((hunk, index) => (
          <HunkView
            key={`${hunk.oldStart} ${hunk.newStart}`}
            hunk={hunk}
            before={diff.hunks[index - 1]}
            layout={file.status === 'added' || file.status === 'deleted' ? 'unified' : layout}
          />
        ))
      )
    case 'binary':
      return (
        <Blank icon="file" title="Not text">
          {diff.oldBytes === null ? 'New' : bytes(diff.oldBytes)} →{' '}
          {diff.newBytes === null ? 'deleted' : bytes(diff.newBytes)}
        </Blank>
      )
    case 'too-large':
      return (
        <Blank icon="file" title="Too large to show">
          {count(diff.lines, 'line')} differ. In a terminal: git diff with the task’s ref shows them.
        </Blank>
      )
    default:
      return unreachable(diff)
  }
}

/** Scrolls to the change after, or before, what is at the top. */
function goToChange(scroller: HTMLElement, by: 1 | -1): void {
  const top = scroller.getBoundingClientRect().top + 40
  const places = [...scroller.querySelectorAll<HTMLElement>('[data-change]')].map((element) => ({
    element,
    y: element.getBoundingClientRect().top - top,
  }))
  const next = by > 0 ? places.find(({ y }) => y > 4) : places.findLast(({ y }) => y < -4)
  if (next) scroller.scrollTop += next.y
}
