import { useState } from 'react'
import type { Failure } from '../../../../main/core/failure.ts'
import type { TaskRow } from '../../../../preload/live-state.ts'
import { host } from '../../../api.ts'
import { count } from '../../../format.ts'
import { Button } from '../../../parts/button.tsx'
import { Select } from '../../../parts/select.tsx'
import { showNotice } from '../../../stores/notices.ts'
import type { limitsOf } from '../../new-task/limits.ts'
import { useContinueDraft } from './continue-drafts.ts'

const counts = ['1', '2', '3', '5'].map((value) => ({ value, word: `${value} ×` }))

interface Props {
  readonly row: Pick<TaskRow, 'id' | 'repo'>
  /** The limits that were asked for; null where they cannot be. */
  readonly asked: ReturnType<typeof limitsOf>
  readonly onRefused: (failure: Failure | null) => void
}

/** New tasks that go on with the text where this one has ended, each with copies of its clone and session. */
export function ForkButton({ row: { id, repo }, asked, onRefused }: Props) {
  const [{ text }, write] = useContinueDraft(id)
  const [times, setTimes] = useState('1')
  const ready = text.trim() !== '' && asked !== null
  async function fork(): Promise<void> {
    const reply = await host().call('forkTask', { id, text, count: Number(times), ...asked })
    if (!reply.ok) return onRefused(reply.failure)
    onRefused(null)
    write(null)
    const { ids } = reply.value
    const [first] = ids
    showNotice({
      title: `Forked: ${count(ids.length, 'task')}`,
      body: `${ids.join(', ')} in ${repo} ${ids.length === 1 ? 'takes the next free slot' : 'take the next free slots'}.`,
      place: first === undefined ? null : { view: 'task', id: first },
    })
  }
  return (
    <>
      <Select label="How many forks" value={times} options={counts} onChange={setTimes} />
      <Button icon="branch" busy="Forking…" disabled={!ready} onClick={fork}>
        Fork
      </Button>
    </>
  )
}
