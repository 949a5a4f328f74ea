import { type KeyboardEvent, useEffect, useState } from 'react'
import type { ConflictsView, FinishedConflicts, Resolution } from '../../../main/core/merge/conflicts.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { act } from '../../api.ts'
import { count } from '../../format.ts'
import { Blank, FailureBlank, Loading, Problem } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { holdsCommand, isMac, useKeyHint } from '../../parts/key-names.ts'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { fileKey, forgetPicking, setPicks, takeStep, usePicking } from '../../stores/conflict-picks.ts'
import { useTask } from '../../stores/live.ts'
import { back } from '../../stores/navigation.ts'
import { showNotice } from '../../stores/notices.ts'
import { ResolveWithClaude } from '../task/resolve-with-claude.tsx'
import { CommitList } from './commit-list.tsx'
import { filesOf, isSame, nextOpen, type OpenFile, progressOf } from './conflict-model.ts'
import { ConflictPane } from './conflict-pane.tsx'
import { Finished } from './finished.tsx'
import { goToConflict } from './go-to-conflict.ts'

/** A person settles what of a task's work collides with the branch, file by file, and merges it. */
export function ConflictEditor({ id }: { id: TaskId }) {
  const title = useTask(id)?.title ?? `Task ${id}`
  const answer = useAnswer('conflicts', { id })
  const [done, setDone] = useState<FinishedConflicts | null>(null)
  if (done) return <Finished title={title} done={done} />
  if (answer.status === 'ready') return <Editor id={id} title={title} found={answer.value} onDone={setDone} />
  return (
    <>
      <ToolBar title={title} canGoBack />
      {answer.status === 'failed' ? (
        <FailureBlank failure={answer.failure} again={answer.again} />
      ) : (
        <Loading what="Looking for what collides…" />
      )}
    </>
  )
}

interface Props {
  readonly id: TaskId
  readonly title: string
  readonly found: ConflictsView
  readonly onDone: (done: FinishedConflicts) => void
}

function Editor({ id, title, found, onDone }: Props) {
  const [view, setView] = useState(found)
  const [wanted, setWanted] = useState(() => nextOpen(found))
  /** Text that was typed and is not kept: to finish would lose it. */
  const [typing, setTyping] = useState(false)
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState(false)
  const hint = useKeyHint('⏎')
  // The title that had the focus while this was looked for is gone.
  useEffect(() => {
    if (document.activeElement === document.body) document.querySelector('h1')?.focus()
  }, [])
  const files = filesOf(view)
  const open = files.find((file) => isSame(wanted, file)) ?? nextOpen(view)
  const keyOf = ({ commit, file }: OpenFile): string => fileKey(id, view.onto, commit.id, file.conflict.path)
  const canUndo = usePicking(({ steps }) => steps.some((step) => files.some((it) => keyOf(it) === step.file)))
  const ready = view.settled && view.problem === null && !typing && !busy
  const show = (file: OpenFile | undefined): void => {
    setWanted(file)
    setTyping(false)
  }
  const choose = async (file: OpenFile, resolution: Resolution | null): Promise<boolean> => {
    const { conflict } = file.file
    const next = await act('chooseConflict', { id, commit: file.commit.id, path: conflict.path, resolution })
    if (!next) return false
    setView(next)
    return true
  }
  const undo = async (): Promise<void> => {
    const step = takeStep()
    const file = step && files.find((it) => keyOf(it) === step.file)
    if (!step || !file) return
    setPicks(step.file, step.picks)
    show(file)
    const isSameChoice = JSON.stringify(file.file.resolution) === JSON.stringify(step.resolution)
    if (!isSameChoice) await choose(file, step.resolution)
  }
  const finish = async (): Promise<void> => {
    if (!ready) return
    setBusy(true)
    const done = await act('finishConflicts', { id })
    setBusy(false)
    if (!done) return
    if (done.merge.kind !== 'unmerged') {
      forgetPicking()
      return onDone(done)
    }
    showNotice({ tone: 'bad', title: 'Not merged', body: done.merge.detail, place: null })
    // The branch moved at the last moment: what is chosen for is looked at again.
    const now = await act('conflicts', { id })
    setView({ ...(now ?? done.settled), stale: done.stale })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.defaultPrevented) return
    if (event.key === 'Enter' && (isMac() ? event.metaKey : event.ctrlKey)) {
      event.preventDefault()
      void finish()
    }
    const isField = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement
    if (event.key === 'z' && holdsCommand(event) && !isField) {
      event.preventDefault()
      void undo()
    }
    // What was typed is not lost to a key too many.
    if (event.key === 'Escape' && typing) event.preventDefault()
    if (
      event.altKey &&
      !(event.target instanceof HTMLTextAreaElement) &&
      (event.key === 'ArrowDown' || event.key === 'ArrowUp')
    ) {
      event.preventDefault()
      const by = event.key === 'ArrowDown' ? 1 : -1
      const at = files.findIndex((file) => open !== undefined && isSame(open, file))
      const beyond = files[at + by]
      if (!goToConflict(event.currentTarget, by) && beyond && !typing) show(beyond)
    }
  }
  return (
    <section className="settle-view" aria-label="Conflict editor" onKeyDown={onKeyDown}>
      <ToolBar title={title} about={`onto ${view.branch}`} canGoBack>
        <Button look="danger" onClick={() => setAsking(true)}>
          Abandon…
        </Button>
        <Button disabled={!canUndo || typing} onClick={undo}>
          Undo
        </Button>
        <ResolveWithClaude id={id} />
        <Button look="primary" keys={hint} disabled={!ready} onClick={() => finish()}>
          {busy ? 'Merging…' : 'Finish'}
        </Button>
      </ToolBar>
      <Told view={view} />
      {open ? (
        <div className="settle">
          <CommitList view={view} open={open} locked={typing} onOpen={show} />
          <ConflictPane
            key={`${view.onto} ${open.commit.id} ${open.file.conflict.path}`}
            id={id}
            branch={view.branch}
            file={keyOf(open)}
            open={open}
            onKeep={(resolution) => choose(open, resolution)}
            onTyping={setTyping}
            next={files.find((file) => file.file.resolution === null && !isSame(file, open))}
            onNext={show}
          />
        </div>
      ) : (
        <Blank icon="pass" title="Nothing collides">
          The work comes onto {view.branch} as it is. Finish merges it.
        </Blank>
      )}
      {asking && (
        <Dialog
          title="Abandon the resolution?"
          confirm="Abandon"
          danger
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            const gone = await act('abandonConflicts', { id })
            if (gone) {
              forgetPicking()
              back()
            }
            return gone !== undefined
          }}
        >
          <p className="second">
            {count(progressOf(view).chosen, 'choice')} made here will be forgotten. Your branch and your checkout are
            unchanged, and the work is kept.
          </p>
        </Dialog>
      )}
    </section>
  )
}

/** What speaks against finishing, and what was chosen for something that has changed since. */
function Told({ view: { problem, stale } }: { view: ConflictsView }) {
  if (problem === null && stale.length === 0) return null
  return (
    <div className="settle-told">
      {problem !== null && <Problem failure={{ code: 'merge-failed', message: problem }} />}
      {stale.length > 0 && (
        <Problem
          failure={{
            code: 'merge-failed',
            message: `${count(stale.length, 'choice')} no longer fit, because the branch moved`,
            hint: `Choose again for ${[...new Set(stale.map(({ path }) => path))].join(', ')}`,
          }}
        />
      )}
    </div>
  )
}
