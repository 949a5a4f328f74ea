import { useMemo, useState } from 'react'
import type { HistoryPage } from '../../../preload/history.ts'
import { cost, count, tokens } from '../../format.ts'
import { Blank, FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Choice } from '../../parts/choice.tsx'
import { useLate } from '../../parts/hooks/use-late.ts'
import { SearchField } from '../../parts/search-field.tsx'
import { Select } from '../../parts/select.tsx'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { choiceOf, orderAfter, type Period, queryOf, usualChoice } from '../../stores/history.ts'
import { useSnapshot } from '../../stores/live.ts'
import { chooseNothing, useChosen } from '../../stores/navigation.ts'
import { HistoryTable } from './history-table.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { SpendChart } from './spend-chart.tsx'
import { useHistory, versionOf } from './use-history.ts'
import { useMarks } from './use-marks.ts'

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

const groupOptions = [
  { value: 'none', word: 'Not Grouped' },
  { value: 'day', word: 'By Day' },
  { value: 'repository', word: 'By Repository' },
] as const

/** No place is called so. */
const anyPlace = '*'

/** Letters that follow each other at once are one question. */
const typingMs = 150

export function History() {
  const [text, setText] = useChosen('search')
  const [outcome, setOutcome] = useChosen('outcome')
  const [repo, setRepo] = useChosen('repo')
  const [place, setPlace] = useChosen('place')
  const [period, setPeriod] = useChosen('time')
  const [order, setOrder] = useChosen('order')
  const [group, setGroup] = useChosen('group')
  const choice = choiceOf({ text, outcome, repo, place, period, order, group })
  const lateText = useLate(choice.text, typingMs)
  const [openedAtMs] = useState(Date.now)
  const query = useMemo(
    () => queryOf({ ...choice, text: lateText }, openedAtMs, Intl.DateTimeFormat().resolvedOptions().timeZone),
    [lateText, outcome, repo, place, period, order, group, openedAtMs],
  )
  const list = useHistory(query, useSnapshot(versionOf, ''))
  const { about } = list
  const marks = useMarks(list.rowAt, about?.total ?? 0)
  const repositories = about?.repositories ?? []
  if (!about) {
    return (
      <>
        <ToolBar title="History" />
        {list.failure ? (
          <FailureBlank failure={list.failure} again={list.again} />
        ) : (
          <Loading what="Reading the history…" />
        )}
      </>
    )
  }
  return (
    <>
      <ToolBar title="History" about={count(about.all, 'task')}>
        <SearchField
          label="Search texts, refs, files"
          finds
          width={250}
          value={choice.text}
          onChange={(words) => setText(words || null)}
        />
      </ToolBar>
      {about.all === 0 ? (
        <Blank icon="history" title="No tasks yet">
          Each task stays here with what it did, until you clean it up.
        </Blank>
      ) : (
        <>
          <div className="filters">
            <Choice
              label="Outcome"
              value={choice.outcome}
              options={outcomes.map((option) => ({ ...option, count: about.counts[option.value] }))}
              onChange={(name) => setOutcome(name === usualChoice.outcome ? null : name)}
            />
            <span className="grow" />
            <Select
              label="Repository"
              value={choice.repo ?? ''}
              options={[
                { value: '', word: 'All Repositories' },
                ...repositories.map((alias) => ({ value: alias, word: alias })),
              ]}
              onChange={(alias) => setRepo(alias || null)}
            />
            {about.places.length > 0 && (
              <Select
                label="Place"
                value={choice.place ?? anyPlace}
                options={[
                  { value: anyPlace, word: 'All Places' },
                  { value: '', word: 'This Host' },
                  ...about.places.map((name) => ({ value: name, word: name })),
                ]}
                onChange={(name) => setPlace(name === anyPlace ? null : name)}
              />
            )}
            <Select
              label="Time"
              value={choice.period}
              options={periodOptions}
              onChange={(name) => setPeriod(name === usualChoice.period ? null : name)}
            />
            <Select
              label="Groups"
              value={choice.groupBy}
              options={groupOptions}
              onChange={(name) => setGroup(name === usualChoice.groupBy ? null : name)}
            />
          </div>
          <SpendChart spend={about.spend} />
          {about.total === 0 ? (
            <Blank icon="search" title="Nothing matches" actions={<Button onClick={chooseNothing}>Show All</Button>}>
              No task is like this. Search takes words of the task’s text, summary, repository, id, refs and files.
            </Blank>
          ) : (
            <HistoryTable
              key={JSON.stringify(query)}
              list={list}
              about={about}
              marks={marks}
              order={choice.order}
              descending={choice.descending}
              groupBy={choice.groupBy}
              onOrder={(column) => setOrder(orderAfter(choice, column))}
            />
          )}
          {marks.ids.size > 0 ? <SelectionBar marks={marks} onDone={list.again} /> : <Totals about={about} />}
        </>
      )}
    </>
  )
}

function Totals({ about: { total, all, tokens: used, costUsd } }: { about: Omit<HistoryPage, 'rows'> }) {
  return (
    <footer className="status">
      <span role="status">
        {total === all ? '' : `${total.toLocaleString('en')} of ${all.toLocaleString('en')} shown`}
      </span>
      <span className="grow" />
      <span>
        {count(total, 'task')} · {tokens(used)} tokens · {cost(costUsd)}
      </span>
    </footer>
  )
}
