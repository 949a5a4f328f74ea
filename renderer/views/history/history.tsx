import { useDeferredValue, useMemo, useState } from 'react'
import { cost, count, tokens } from '../../format.ts'
import { Blank } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Choice } from '../../parts/choice.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { Select } from '../../parts/select.tsx'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { countsOf, filterOf, matching, newestFirst, noFilter, type Period } from '../../stores/history.ts'
import { useTasks } from '../../stores/live.ts'
import { chooseNothing, useChosen } from '../../stores/navigation.ts'
import { HistoryTable } from './history-table.tsx'

const outcomes = [
  { value: 'all', word: 'All' },
  { value: 'merged', word: 'Merged' },
  { value: 'needs-you', word: 'Needs You' },
  { value: 'failed', word: 'Failed' },
  { value: 'stopped', word: 'Stopped' },
] as const

const periodOptions: readonly { readonly value: Period; readonly word: string }[] = [
  { value: 'any', word: 'Any Time' },
  { value: 'day', word: 'Last 24 Hours' },
  { value: 'week', word: 'Last 7 Days' },
  { value: 'month', word: 'Last 30 Days' },
]

export function History() {
  const [text, setText] = useChosen('search')
  const [outcome, setOutcome] = useChosen('outcome')
  const [repo, setRepo] = useChosen('repo')
  const [period, setPeriod] = useChosen('time')
  const filter = useMemo(() => filterOf({ text, outcome, repo, period }), [text, outcome, repo, period])
  const tasks = useTasks()
  const late = useDeferredValue(filter)
  const [openedAtMs] = useState(Date.now)
  const all = useMemo(() => newestFirst(tasks), [tasks])
  const counts = useMemo(() => countsOf(all), [all])
  const rows = useMemo(() => matching(all, late, openedAtMs), [all, late, openedAtMs])
  const repos = useMemo(() => [...new Set(all.map(({ repo }) => repo))].sort(), [all])
  return (
    <>
      <ToolBar title="History" about={count(all.length, 'task')}>
        <SearchField
          label="Search tasks, files, results"
          finds
          width={250}
          value={filter.text}
          onChange={(words) => setText(words || null)}
        />
      </ToolBar>
      {all.length === 0 ? (
        <Blank icon="history" title="No tasks yet">
          Each task stays here with what it did, until you clean it up.
        </Blank>
      ) : (
        <>
          <div className="filters">
            <Choice
              label="Outcome"
              value={filter.outcome}
              options={outcomes.map((option) => ({ ...option, count: counts[option.value] }))}
              onChange={(name) => setOutcome(name === noFilter.outcome ? null : name)}
            />
            <span className="grow" />
            <Select
              label="Repository"
              value={filter.repo ?? ''}
              options={[{ value: '', word: 'All Repositories' }, ...repos.map((repo) => ({ value: repo, word: repo }))]}
              onChange={(alias) => setRepo(alias || null)}
            />
            <Select
              label="Time"
              value={filter.period}
              options={periodOptions}
              onChange={(name) => setPeriod(name === noFilter.period ? null : name)}
            />
          </div>
          {rows.length === 0 ? (
            <Blank icon="search" title="Nothing matches" actions={<Button onClick={chooseNothing}>Show All</Button>}>
              No task is like this. Search takes words of the task, its repository, its id and its files.
            </Blank>
          ) : (
            <HistoryTable rows={rows} />
          )}
          <Totals rows={rows} all={all.length} />
        </>
      )}
    </>
  )
}

function Totals({ rows, all }: { rows: ReturnType<typeof matching>; all: number }) {
  const used = rows.reduce((sum, { usage }) => sum + (usage ? usage.inputTokens + usage.outputTokens : 0), 0)
  const spent = rows.reduce((sum, { usage }) => sum + (usage?.costUsd ?? 0), 0)
  return (
    <footer className="status">
      <span role="status">
        {rows.length === all ? '' : `${rows.length.toLocaleString('en')} of ${all.toLocaleString('en')} shown`}
      </span>
      <span className="grow" />
      <span>
        {count(rows.length, 'task')} · {tokens(used)} tokens · {cost(spent)}
      </span>
    </footer>
  )
}
