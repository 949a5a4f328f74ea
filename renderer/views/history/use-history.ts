import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../main/core/failure.ts'
import type { HistoryPage } from '../../../preload/history.ts'
import type { Snapshot, TaskRow } from '../../../preload/live-state.ts'
import { host } from '../../api.ts'
import type { HistoryQuery } from '../../stores/history.ts'

const pageRows = 100

export interface HistoryList {
  /** Of the newest answer; null before the first. */
  readonly about: Omit<HistoryPage, 'rows'> | null
  /** The row at this place, when it has come. */
  readonly rowAt: (at: number) => TaskRow | undefined
  /** Has the rows of these places asked for, as far as they are not there. */
  readonly need: (first: number, last: number) => void
  readonly failure: Failure | null
  readonly again: () => void
}

type Pages = ReadonlyMap<number, readonly TaskRow[]>

/** The tasks that match, a piece at a time: what is in sight is asked for, and again when `version` says that something changed. */
export function useHistory(query: HistoryQuery, version: string): HistoryList {
  const question = JSON.stringify(query)
  const [held, setHeld] = useState<{ about: Omit<HistoryPage, 'rows'>; pages: Pages } | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const turn = useRef(0)
  const asked = useRef(new Set<number>())
  const inSight = useRef<readonly [number, number]>([0, 0])

  const load = useCallback(
    async (page: number, isNew: boolean): Promise<void> => {
      const mine = turn.current
      asked.current.add(page)
      const request = { ...(JSON.parse(question) as HistoryQuery), offset: page * pageRows, limit: pageRows }
      const reply = await host().call('history', request)
      if (mine !== turn.current) return
      setFailure(reply.ok ? null : reply.failure)
      if (!reply.ok) return
      const { rows, ...about } = reply.value
      setHeld((before) => ({ about, pages: new Map([...(isNew ? [] : (before?.pages ?? [])), [page, rows]]) }))
    },
    [question],
  )

  const reload = useCallback(() => {
    turn.current += 1
    asked.current = new Set()
    const [first, last] = inSight.current
    // The first answer takes the place of what was there; the rest joins it.
    void load(first, true).then(() => {
      for (let page = first + 1; page <= last; page += 1) void load(page, false)
    })
  }, [load])

  useEffect(() => {
    inSight.current = [0, 0]
  }, [question])
  useEffect(() => {
    reload()
    return () => {
      turn.current += 1
    }
  }, [reload, version])

  const need = useCallback(
    (first: number, last: number) => {
      inSight.current = [Math.floor(Math.max(0, first) / pageRows), Math.floor(Math.max(0, last) / pageRows)]
      for (let page = inSight.current[0]; page <= inSight.current[1]; page += 1)
        if (!asked.current.has(page)) void load(page, false)
    },
    [load],
  )

  return {
    about: held?.about ?? null,
    rowAt: (at) => held?.pages.get(Math.floor(at / pageRows))?.[at % pageRows],
    need,
    failure,
    again: reload,
  }
}

/** Changes whenever the list of all tasks may look different, but not with every line that an agent writes. */
export function versionOf({ tasks, olderTasks }: Pick<Snapshot, 'tasks' | 'olderTasks'>): string {
  let last = ''
  let waiting = 0
  let phases = ''
  for (const { finishedAt, ref, state } of tasks) {
    if (finishedAt !== null && finishedAt > last) last = finishedAt
    if (ref !== null) waiting += 1
    if (state.phase !== 'finished') phases += state.phase.charAt(0)
  }
  return `${tasks.length} ${olderTasks} ${last} ${waiting} ${phases}`
}
