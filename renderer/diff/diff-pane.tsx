import { type ReactNode, type Ref, useImperativeHandle, useRef } from 'react'
import type { Against, DiffOptions, FileDiff } from '../../main/core/merge/file-diff.ts'
import { unreachable } from '../../main/core/unreachable.ts'
import type { ChangedFile } from '../../preload/task-details.ts'
import { act } from '../api.ts'
import { bytes, count } from '../format.ts'
import { Blank, FailureBlank, Loading } from '../parts/blank.tsx'
import { Button } from '../parts/button.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { useIsNarrow } from '../parts/hooks/use-is-narrow.ts'
import { Menu } from '../parts/menu.tsx'
import { Path } from '../parts/path.tsx'
import { HiddenCharacters, haveHidden } from '../parts/text/hidden-characters.tsx'
import { useAnswer } from '../parts/use-answer.ts'
import { setLayout, useLayout } from '../stores/layout.ts'
import { DiffLines, type DiffLinesHandle } from './diff-lines.tsx'
import type { Spot } from './diff-row.tsx'
import { Pictures } from './pictures.tsx'

interface Props {
  readonly id: string
  readonly file: ChangedFile
  /** What a review compares with; a task is compared with where it started. */
  readonly against?: Against
  /** The lines are asked for again when it changes. */
  readonly version?: string | null
  /** What stands beside the name of the file. */
  readonly tools?: ReactNode
  readonly onComment?: ((spot: Spot) => void) | undefined
  readonly notes?: ReadonlyMap<string, ReactNode>
  readonly handle?: Ref<DiffLinesHandle>
}

/** CSS pixels from which there is room for both sides beside each other. */
const splitFrom = 480

const noNotes: ReadonlyMap<string, ReactNode> = new Map()

export function DiffPane({ id, file, against, version, tools, onComment, notes = noNotes, handle }: Props) {
  const { diff: layout, wrap, ignoreSpace } = useLayout()
  const name = against ? 'reviewDiff' : 'fileDiff'
  const requestOf = (more: DiffOptions) => {
    const wish: DiffOptions = { pictures: true, ...(ignoreSpace && { ignoreSpace }), ...more }
    return { id, path: file.path, wish, ...(against && { against }) } as { id: string; path: string; against: Against }
  }
  const answer = useAnswer<'fileDiff' | 'reviewDiff'>(name, requestOf({}), version)
  const pane = useRef<HTMLElement>(null)
  const isNarrow = useIsNarrow(pane, splitFrom)
  const scroller = useRef<HTMLElement>(null)
  const lines = useRef<DiffLinesHandle>(null)
  useImperativeHandle(handle, () => ({
    step: (by) => lines.current?.step(by),
    toggleWhole: () => lines.current?.toggleWhole(),
    spot: () => lines.current?.spot(),
  }))
  const hasText = answer.status === 'ready' && answer.value.kind === 'text' && answer.value.hunks.length > 0
  const isWhole = file.status === 'added' || file.status === 'deleted'
  return (
    <section ref={pane} className="pane" aria-label={`Changes of ${file.path}`}>
      <header className="diff-head">
        <Path path={file.path} className="mono grow selectable" />
        {file.oldPath !== null && <span className="second cut was">was {file.oldPath}</span>}
        {file.mode && <span className="second mode">{file.mode}</span>}
        {tools}
        <CopyButton text={file.path} what="path" />
        <Button
          tiny
          look="plain"
          icon="up"
          label="Previous change"
          disabled={!hasText}
          onClick={() => lines.current?.step(-1)}
        />
        <Button
          tiny
          look="plain"
          icon="down"
          label="Next change"
          disabled={!hasText}
          onClick={() => lines.current?.step(1)}
        />
        <Menu
          label="How lines are shown"
          plain
          items={[
            { icon: 'list', word: 'Wrap Long Lines', checked: wrap, onChoose: () => setLayout({ wrap: !wrap }) },
            {
              ...{ icon: 'list', word: 'Ignore Changes in Space', checked: ignoreSpace },
              onChoose: () => setLayout({ ignoreSpace: !ignoreSpace }),
            },
            {
              ...{ icon: 'file', word: 'All Lines of the File', disabled: !hasText || isWhole },
              onChoose: () => lines.current?.toggleWhole(),
            },
          ]}
        />
      </header>
      {answer.status === 'loading' && <Loading what="Comparing…" />}
      {answer.status === 'failed' && <FailureBlank failure={answer.failure} again={answer.again} />}
      {answer.status === 'ready' && isHidden(answer.value, file) && <HiddenCharacters what="This file" />}
      {answer.status === 'ready' && (
        <section
          key={`${file.path} ${JSON.stringify(against)} ${ignoreSpace}`}
          ref={scroller}
          className={wrap ? 'diff' : 'diff unwrapped'}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
          tabIndex={0}
          aria-label="Differences"
        >
          {hasText && answer.value.kind === 'text' ? (
            <DiffLines
              handle={lines}
              hunks={answer.value.hunks}
              layout={isWhole || !wrap || isNarrow ? 'unified' : layout}
              isWhole={isWhole}
              askWhole={() => act<'fileDiff' | 'reviewDiff'>(name, requestOf({ whole: true }))}
              scroller={scroller}
              onComment={onComment}
              notes={notes}
            />
          ) : (
            <NoLines diff={answer.value} file={file} ignoresSpace={ignoreSpace} />
          )}
        </section>
      )}
    </section>
  )
}

const isHidden = (diff: FileDiff, { path }: ChangedFile): boolean =>
  (diff.kind === 'text' && diff.hidden === true) || haveHidden(path)

/** What is shown of a file that has no lines to compare. */
function NoLines({ diff, file, ignoresSpace }: { diff: FileDiff; file: ChangedFile; ignoresSpace: boolean }) {
  switch (diff.kind) {
    case 'text':
      return (
        <Blank
          icon="file"
          title={ignoresSpace && file.added + file.removed > 0 ? 'Only space differs' : 'No line changed'}
        >
          {file.status === 'renamed'
            ? 'It only has another name.'
            : (file.mode ?? (ignoresSpace ? '' : 'It is empty.'))}
        </Blank>
      )
    case 'binary':
      if (diff.pictures) return <Pictures diff={{ ...diff, pictures: diff.pictures }} path={file.path} />
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
