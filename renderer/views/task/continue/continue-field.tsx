import { useId, useState } from 'react'
import type { Failure } from '../../../../main/core/failure.ts'
import type { TaskRow } from '../../../../preload/live-state.ts'
import type { TaskDetails } from '../../../../preload/task-details.ts'
import { host } from '../../../api.ts'
import { Button } from '../../../parts/button.tsx'
import { useOnce } from '../../../parts/hooks/use-once.ts'
import { useKeyHint } from '../../../parts/key-names.ts'
import { noLimits } from '../../../stores/draft.ts'
import { useSettings } from '../../../stores/live.ts'
import { useChosen } from '../../../stores/navigation.ts'
import { showNotice } from '../../../stores/notices.ts'
import { LimitFields } from '../../new-task/limit-fields.tsx'
import { limitsOf } from '../../new-task/limits.ts'
import { Messages } from '../compose/messages.tsx'
import { useContinueDraft } from './continue-drafts.ts'
import { ForkButton } from './fork-button.tsx'
import { Refused } from './refused.tsx'

/** A further text for a task that has ended: it goes on where its agent left off. */
export function ContinueField({ row: { id, repo }, details }: { row: TaskRow; details: TaskDetails | null }) {
  const [{ text, limits }, write] = useContinueDraft(id)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [, chooseTab] = useChosen('tab')
  const settings = useSettings()
  const about = useId()
  const hint = useKeyHint('⏎')
  const asked = limitsOf(limits)
  const ready = text.trim() !== '' && asked !== null
  const needsRoom = failure?.code === 'cost-limit' || failure?.code === 'token-limit' || limits !== noLimits

  const { act, isActing } = useOnce(ready ? send : undefined)
  async function send(): Promise<void> {
    const reply = await host().call('continueTask', { id, text, ...asked })
    if (!reply.ok) return setFailure(reply.failure)
    setFailure(null)
    write(null)
    showNotice({ title: 'It goes on', body: `Task ${id} in ${repo} takes the next free slot.`, place: null })
    chooseTab('steps')
    // The field goes away with the end; the focus stays in the view.
    document.querySelector<HTMLElement>('h1')?.focus()
  }
  return (
    <section className="continue" aria-label="Continue this task">
      <Messages messages={details?.messages ?? []} />
      {failure && <Refused id={id} repo={repo} failure={failure} />}
      <div className="continue-line">
        <textarea
          data-continue
          className="input grow"
          aria-label="What it is to do next"
          aria-describedby={about}
          placeholder="What shall it do next?"
          rows={1}
          value={text}
          onChange={(event) => write({ text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) act()
          }}
        />
        <Button icon="say" keys={ready && !isActing ? hint : undefined} disabled={!ready || isActing} onClick={act}>
          {isActing ? 'Continuing…' : 'Continue'}
        </Button>
        <ForkButton row={{ id, repo }} asked={asked} onRefused={setFailure} />
      </div>
      {needsRoom && (
        <LimitFields limits={limits} settings={settings} onChange={(changed) => write({ limits: changed })} />
      )}
      <p id={about} className="caption">
        It remembers what it did and works on in its own clone, without what came onto the branch since; forks do so in
        copies, and this task stays as it is.
        {needsRoom && ' Limits are for the whole task, with what it has taken so far.'}
      </p>
    </section>
  )
}

/** Takes the user to the field of the task that is shown. */
export const focusContinue = (): void => document.querySelector<HTMLElement>('[data-continue]')?.focus()
