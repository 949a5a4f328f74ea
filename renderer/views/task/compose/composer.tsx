import { useId, useState } from 'react'
import type { Failure } from '../../../../main/core/failure.ts'
import type { MessageTime } from '../../../../main/core/task/message.ts'
import type { TaskRow } from '../../../../preload/live-state.ts'
import type { TaskDetails } from '../../../../preload/task-details.ts'
import { act as ask, host } from '../../../api.ts'
import { elapsed } from '../../../format.ts'
import { Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { useOnce } from '../../../parts/hooks/use-once.ts'
import { holdsCommand, useKeyHint } from '../../../parts/key-names.ts'
import { Select } from '../../../parts/select.tsx'
import { useNow } from '../../../stores/clock.ts'
import { useContinueDraft } from '../continue/continue-drafts.ts'
import { Messages } from './messages.tsx'

const times: readonly { readonly value: MessageTime; readonly word: string }[] = [
  { value: 'next', word: 'At its next step' },
  { value: 'after', word: 'After this turn' },
  { value: 'now', word: 'Now' },
]

/** What is said to the agent of a task that has not ended, and what became of it. */
export function Composer({ row, details }: { row: TaskRow; details: TaskDetails | null }) {
  const { id, state } = row
  const [{ text }, write] = useContinueDraft(id)
  const [when, setWhen] = useState<MessageTime>('next')
  const [failure, setFailure] = useState<Failure | null>(null)
  const about = useId()
  const hint = useKeyHint('⏎')
  const works = state.phase === 'working'
  const ready = text.trim() !== ''

  const { act, isActing } = useOnce(ready ? send : undefined)
  async function send(): Promise<void> {
    const reply = await host().call('sendMessage', { id, text, when: works ? when : 'next' })
    if (!reply.ok) return setFailure(reply.failure)
    setFailure(null)
    write(null)
  }
  return (
    <section className="continue" aria-label="Speak to its agent">
      <Messages messages={details?.messages ?? []} />
      {failure && <Problem failure={failure} />}
      <div className="continue-line">
        <textarea
          className="input grow"
          aria-label="What to tell its agent"
          aria-describedby={about}
          placeholder="Tell its agent something"
          rows={1}
          value={text}
          onChange={(event) => write({ text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && holdsCommand(event)) act()
          }}
        />
        {works && <Select label="When it reads this" value={when} options={times} onChange={setWhen} />}
        <Button icon="say" keys={ready && !isActing ? hint : undefined} disabled={!ready || isActing} onClick={act}>
          {isActing ? 'Sending…' : 'Send'}
        </Button>
        {works && (
          <Button icon="pause" busy="Interrupting…" onClick={() => ask('interruptTask', { id })}>
            Interrupt
          </Button>
        )}
      </div>
      <p id={about} className="caption">
        {state.phase === 'waiting' ? (
          <WaitsFor until={state.until} />
        ) : works ? (
          reads[when]
        ) : (
          'It reads this when it works.'
        )}
      </p>
    </section>
  )
}

const reads: Readonly<Record<MessageTime, string>> = {
  next: 'It reads this at its next step, such as the end of the tool that it uses.',
  after: 'It reads this once it is done with what it does.',
  now: 'This ends what it does at this moment.',
}

function WaitsFor({ until }: { until: string }) {
  const left = Date.parse(until) - useNow()
  return left > 0
    ? `It has nothing to do. Told nothing, its task ends in ${elapsed(left)}.`
    : 'It has nothing to do, and its task comes to its end.'
}
