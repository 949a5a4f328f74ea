import type { TaskRow } from '../../../preload/live-state.ts'
import { adviceFor } from '../../advice.ts'
import { ago, count } from '../../format.ts'
import { Blank } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/copy.tsx'
import { FileNames } from '../../parts/file-names.tsx'
import { moveFocus } from '../../parts/move-focus.ts'
import { StateChip } from '../../parts/state-label.tsx'
import { isConflict, isToReview, needing, waitsForWord } from '../../parts/states.ts'
import { TitleText } from '../../parts/text/title-text.tsx'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useNow } from '../../stores/clock.ts'
import { useTasks } from '../../stores/live.ts'
import { go, useChosen } from '../../stores/navigation.ts'
import { CompareButton } from '../task/compare-button.tsx'
import { MergeButton } from '../task/merge-button.tsx'
import { RequestGroup } from '../task/request/request-group.tsx'
import { ResolveButtons } from '../task/resolve-buttons.tsx'
import { ReviewButton } from '../task/review-button.tsx'
import { FinishButton, WaitingAgent } from './waiting-agent.tsx'

/** CSS pixels, as the style sheet has them. */
const rowHeight = 76

/** Agents that wait to be told more, then finished work that waits at its ref because it could not be merged; the oldest first. */
export function NeedsYou() {
  const all = useTasks()
  const rows = needing(all)
  const tasks = [...rows.filter(waitsForWord), ...rows.filter((row) => !waitsForWord(row))]
  const [chosen, setChosen] = useChosen('task')
  const task = tasks.find(({ id }) => id === chosen) ?? tasks[0]
  if (!task) {
    return (
      <>
        <ToolBar title="Needs You" />
        <Blank icon="pass" title="Nothing needs you">
          Work that cannot be merged by itself waits here, with the reason and what to do, and so do agents that wait
          for an answer of yours. Your checkout stays as it is until then.
        </Blank>
      </>
    )
  }
  return (
    <>
      <ToolBar title="Needs You" about={`${count(tasks.length, 'task')}, oldest first`}>
        <Button onClick={() => go({ view: 'task', id: task.id })}>Open Task</Button>
        <Ways key={task.id} task={task} />
      </ToolBar>
      <div className="needs">
        <div className="needs-list" role="listbox" aria-label="Tasks that need you" onKeyDown={moveFocus}>
          <VirtualList
            count={tasks.length}
            rowHeight={rowHeight}
            row={(index) => {
              const row = tasks[index]
              return (
                row && (
                  <Entry
                    key={row.id}
                    row={row}
                    where={whereOf(row, all)}
                    chosen={row.id === task.id}
                    onChoose={() => setChosen(row.id)}
                  />
                )
              )
            }}
          />
        </div>
        {waitsForWord(task) ? <WaitingAgent key={task.id} task={task} /> : <Unmerged task={task} />}
      </div>
    </>
  )
}

/** One of several attempts of which none was chosen: it stands for all of them. */
const standsForAll = (row: TaskRow): boolean => row.attempt?.as === 'candidate' && !waitsForWord(row)

/** Its repository, and of attempts how many there are. */
function whereOf(row: TaskRow, all: readonly TaskRow[]): string {
  if (!standsForAll(row)) return row.attempt ? `${row.repo} · ${row.attempt.text}` : row.repo
  const beside = all.filter(({ attempt }) => attempt?.group === row.attempt?.group && attempt?.as !== 'judge')
  return `${row.repo} · ${count(beside.length, 'attempt')}`
}

/** What can be done at once. */
function Ways({ task }: { task: TaskRow }) {
  if (waitsForWord(task)) return <FinishButton id={task.id} />
  if (standsForAll(task)) return <CompareButton task={task} />
  if (isConflict(task)) return <ResolveButtons task={task} />
  return isToReview(task) ? <ReviewButton task={task} /> : <MergeButton task={task} />
}

interface EntryProps {
  readonly row: TaskRow
  readonly where: string
  readonly chosen: boolean
  readonly onChoose: () => void
}

function Entry({ row, where, chosen, onChoose }: EntryProps) {
  const nowMs = useNow()
  return (
    <button
      type="button"
      role="option"
      data-stop
      data-task={row.id}
      aria-selected={chosen}
      onClick={onChoose}
      onFocus={onChoose}
      onDoubleClick={() => go({ view: 'task', id: row.id })}
    >
      <b className="cut">
        <TitleText text={row.title} />
      </b>
      <span className="about">
        <span className="cut">{where}</span>
        <span>{sinceOf(row, nowMs)}</span>
      </span>
      <span className="row">
        <StateChip state={row.state} />
        {row.request && <small className="cut second">{row.request.text}</small>}
      </span>
    </button>
  )
}

function sinceOf({ state, finishedAt }: TaskRow, nowMs: number): string {
  const since = state.phase === 'waiting' ? state.since : finishedAt
  return since === null ? '' : ago(since, nowMs)
}

function Unmerged({ task }: { task: TaskRow }) {
  const { state } = task
  const advice = adviceFor(task)
  if (!advice || state.phase !== 'finished') return null
  return (
    <section className="scroll" aria-label={task.title}>
      <div className="page">
        <section className="group">
          <h2>Why</h2>
          <div className="card padded prose">
            {advice.what} <span className="second">{state.detail}</span>
          </div>
        </section>
        <RequestGroup key={task.id} row={task} />
        {state.files.length > 0 && (
          <section className="group">
            <h2>{count(state.fileCount, 'file')}</h2>
            <FileNames state={state} />
          </section>
        )}
        <section className="group">
          <h2>What to do</h2>
          <div className="card">
            <p className="padded">{advice.next}</p>
            {advice.commands.map((command) => (
              <div key={command} className="padded">
                <Command text={command} />
              </div>
            ))}
          </div>
          <p>
            Your checkout is unchanged. The work is kept at <span className="mono selectable">{task.ref}</span>.
          </p>
        </section>
      </div>
    </section>
  )
}
