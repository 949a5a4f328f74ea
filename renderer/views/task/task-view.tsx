import { Suspense, useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import type { TaskDetails } from '../../../preload/task-details.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { HiddenCharacters, haveHidden } from '../../parts/text/hidden-characters.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { later } from '../../shell/later.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useTask } from '../../stores/live.ts'
import { useChosen } from '../../stores/navigation.ts'
import { TaskActions } from './actions.tsx'
import { ChangesTab } from './changes/changes-tab.tsx'
import { Composer } from './compose/composer.tsx'
import { ContinueField } from './continue/continue-field.tsx'
import { Facts } from './facts.tsx'
import { landingOf } from './landing/landing-of.ts'
import { ResultTab } from './result-tab.tsx'
import { StepsTab } from './steps/steps-tab.tsx'
import { useRun } from './use-run.ts'

const TerminalTab = later(async () => (await import('./terminal/terminal-tab.tsx')).TerminalTab)
const ConsoleTab = later(async () => (await import('./console/console-tab.tsx')).ConsoleTab)

const tabs = [
  { value: 'console', word: 'Console' },
  { value: 'steps', word: 'Steps' },
  { value: 'changes', word: 'Changes' },
  { value: 'terminal', word: 'Terminal' },
  { value: 'result', word: 'Result' },
] as const
type Tab = (typeof tabs)[number]['value']

/** One task: what it is, and five ways to look at it. */
export function TaskView({ id }: { id: TaskId }) {
  const row = useTask(id)
  // Each phase may have made more of the details known.
  const details = useAnswer('task', { id }, versionOf(row))
  const known = row ?? (details.status === 'ready' ? details.value.row : undefined)
  if (!known) {
    return (
      <>
        <ToolBar title={`Task ${id}`} canGoBack />
        {details.status === 'failed' ? (
          <FailureBlank failure={details.failure} again={details.again} />
        ) : (
          <Loading what="Reading the task…" />
        )}
      </>
    )
  }
  return <Known row={known} details={details.status === 'ready' ? details.value : null} />
}

const versionOf = (row: TaskRow | undefined): string =>
  row
    ? `${row.state.phase} ${row.state.phase === 'finished' ? row.state.outcome : ''} ${row.ref} ${row.told ?? ''}`
    : ''

/** Whether its agent may still read something: it works, or will. */
const canBeTold = ({ state }: TaskRow): boolean =>
  state.phase !== 'finished' && state.phase !== 'stopping' && state.phase !== 'merging'

function Known({ row, details }: { row: TaskRow; details: TaskDetails | null }) {
  const [word, choose] = useChosen('tab')
  const [opensOn] = useState(() => firstTab(row))
  const tab = tabs.find(({ value }) => value === word)?.value ?? opensOn
  const run = useRun(row)
  // From then on it stays: what runs in its shell goes on while another tab is looked at.
  const [hasTerminal, setHasTerminal] = useState(false)
  if (tab === 'terminal' && !hasTerminal) setHasTerminal(true)
  const [tools, setTools] = useState<HTMLElement | null>(null)
  return (
    <>
      <ToolBar title={row.title || `Task ${row.id}`} canGoBack>
        <TaskActions row={row} details={details} />
      </ToolBar>
      <Facts row={row} branch={details?.branch ?? null} />
      {haveHidden(row.title, details?.description, details?.summary, details?.failure?.message) && (
        <HiddenCharacters what="A text of this task" />
      )}
      <div className="tabs">
        <Tabs label="What to show of the task" panel="task-panel" value={tab} options={tabs} onChange={choose} />
        <span className="grow" />
        <div className="row" ref={setTools} />
      </div>
      <section id="task-panel" role="tabpanel" aria-label={tab} className="pane grow">
        <Suspense fallback={<Loading what="Opening the console…" />}>
          {tab === 'console' && <ConsoleTab key={run} row={row} details={details} tools={tools} />}
        </Suspense>
        {tab === 'steps' && <StepsTab key={run} row={row} details={details} tools={tools} />}
        {tab === 'changes' && <ChangesTab row={row} tools={tools} />}
        <Suspense fallback={<Loading what="Opening the terminal…" />}>
          {hasTerminal && <TerminalTab key={run} row={row} hidden={tab !== 'terminal'} />}
        </Suspense>
        {tab === 'result' && <ResultTab row={row} details={details} />}
      </section>
      {row.state.phase === 'finished' && <ContinueField row={row} details={details} />}
      {canBeTold(row) && tab !== 'terminal' && <Composer row={row} details={details} />}
    </>
  )
}

/** What says most of it now: what the agent does, what the machine does before there is an agent, or how it ended. */
function firstTab(row: TaskRow): Tab {
  const { state } = row
  if (state.phase === 'finished' || landingOf(row)) return 'result'
  return state.phase === 'working' || state.phase === 'waiting' ? 'steps' : 'console'
}
