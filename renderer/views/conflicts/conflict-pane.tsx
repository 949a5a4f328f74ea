import { useEffect, useMemo, useRef, useState } from 'react'
import type { FileConflict, Resolution } from '../../../main/core/merge/conflicts.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { moveFocus } from '../../parts/move-focus.ts'
import { Path } from '../../parts/path.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { remember } from '../../stores/conflict-picks.ts'
import type { OpenFile } from './conflict-model.ts'
import { TextConflicts } from './text-conflicts.tsx'
import { WholeFile } from './whole-file.tsx'

interface Props {
  readonly id: string
  readonly branch: string
  /** See `fileKey`. */
  readonly file: string
  readonly open: OpenFile
  readonly onKeep: (resolution: Resolution | null) => Promise<boolean>
  readonly onTyping: (typing: boolean) => void
  /** The next file without a choice. */
  readonly next: OpenFile | undefined
  readonly onNext: (file: OpenFile) => void
}

const kinds: Readonly<Record<FileConflict['kind'], string>> = {
  content: 'Both changed it.',
  'add/add': 'Both made it.',
  'deleted-by-branch': 'You deleted it, and the task changed it.',
  'deleted-by-task': 'The task deleted it, and you changed it.',
  'rename/rename': 'Both gave it another name.',
  displaced: 'Something else is in its place.',
  'moved-directory': 'It was made in a directory that the other side renamed.',
}

/** Where the name itself is what they differ in. */
const displaced: ReadonlySet<FileConflict['kind']> = new Set(['rename/rename', 'displaced', 'moved-directory'])

/** The choice under the name that was typed; its own path needs no mention. */
function placedAt(resolution: Resolution, path: string, wish: string): Resolution {
  if (resolution.kind === 'delete') return resolution
  const { as: _, ...rest } = resolution
  return wish === path || wish === '' ? rest : { ...rest, as: wish }
}

/** One file: what collides in it, and what can be chosen. */
export function ConflictPane({ id, branch, file, open, onKeep, onTyping, next, onNext }: Props) {
  const { commit } = open
  const { conflict, resolution } = open.file
  const answer = useAnswer('openConflict', { id, commit: commit.id, path: conflict.path })
  const [place, setPlace] = useState((resolution && 'as' in resolution && resolution.as) || conflict.path)
  const put = (wish: Resolution | null, at: string): Promise<boolean> =>
    onKeep(wish && placedAt(wish, conflict.path, at))
  const keep = (wish: Resolution | null): Promise<boolean> => put(wish, place)
  const choose = (wish: Resolution | null): Promise<boolean> => {
    remember(file, resolution)
    return keep(wish)
  }
  const names = useMemo(
    () => ({ base: 'before both', ours: branch, theirs: commit.id.slice(0, 7) }),
    [branch, commit.id],
  )
  const scroller = useRef<HTMLDivElement>(null)
  const opened = answer.status === 'ready' ? answer.value : null
  // Anyone who comes by the keyboard goes on in this file; anyone who clicked stays where they clicked.
  useEffect(() => {
    if (opened && (document.activeElement === document.body || document.activeElement?.tagName === 'H1'))
      scroller.current?.querySelector<HTMLElement>('[data-conflict]')?.focus({ preventScroll: true })
  }, [opened])
  return (
    <section className="pane" aria-label={`Conflicts of ${conflict.path}`} onKeyDown={moveFocus}>
      <header className="diff-head">
        <Path path={conflict.path} className="mono grow selectable" />
        {conflict.oldPath !== null && <span className="second cut was">was {conflict.oldPath}</span>}
        {resolution && next && (
          <Button tiny look="primary" onClick={() => onNext(next)}>
            Next File
          </Button>
        )}
      </header>
      <div className="settle-body" ref={scroller}>
        <p className="small second">
          {kinds[conflict.kind]}
          {conflict.related.length > 0 && ` It belongs together with ${conflict.related.join(', ')}.`}
        </p>
        {answer.status === 'loading' && <Loading what="Opening the file…" />}
        {answer.status === 'failed' && <FailureBlank failure={answer.failure} again={answer.again} />}
        {opened && displaced.has(conflict.kind) && (
          <label className="row small">
            Put it at
            <input
              className="input mono grow"
              spellCheck={false}
              value={place}
              onChange={(event) => setPlace(event.target.value)}
              onBlur={() => resolution && void put(resolution, place)}
            />
          </label>
        )}
        {opened && 'chunks' in opened && (
          <TextConflicts
            text={opened}
            resolution={resolution}
            names={names}
            file={file}
            onKeep={keep}
            onChoose={choose}
            onTyping={onTyping}
          />
        )}
        {opened && (
          <WholeFile
            conflict={conflict}
            resolution={resolution}
            bytes={'bytes' in opened ? opened.bytes : null}
            onChoose={choose}
          />
        )}
      </div>
    </section>
  )
}
