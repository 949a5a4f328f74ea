import { useEffect, useState } from 'react'
import type { HistoryRequest } from '../../preload/history.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import { host } from '../api.ts'
import { useLate } from '../parts/hooks/use-late.ts'
import { useSnapshot } from '../stores/live.ts'

const typingMs = 150
const newestOfAll = {
  outcome: 'all',
  repo: null,
  place: null,
  since: null,
  groupBy: 'none',
  timeZone: 'UTC',
  order: 'ended',
  descending: true,
  offset: 0,
  limit: 20,
} as const satisfies Omit<HistoryRequest, 'text'>

/** Tasks with these words that are too old to be known here; none while little is typed. */
export function useOlderTasks(text: string): readonly TaskRow[] {
  const late = useLate(text.trim(), typingMs)
  const hasOlder = useSnapshot(({ olderTasks }) => olderTasks > 0, false)
  const wanted = hasOlder && late.length > 1 ? late : ''
  const [found, setFound] = useState<{ wanted: string; rows: readonly TaskRow[] }>({ wanted: '', rows: [] })
  useEffect(() => {
    if (wanted === '') return
    const stop = new AbortController()
    const request: HistoryRequest = { ...newestOfAll, text: wanted }
    void host()
      .call('history', request, stop.signal)
      .then((reply) => {
        if (reply.ok && !stop.signal.aborted) setFound({ wanted, rows: reply.value.rows })
      })
    return () => stop.abort()
  }, [wanted])
  return found.wanted === wanted ? found.rows : []
}
