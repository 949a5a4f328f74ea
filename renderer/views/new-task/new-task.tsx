import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { defaultHoldMs } from '../../../main/core/bounds.ts'
import type { Failure } from '../../../main/core/failure.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { host } from '../../api.ts'
import { Blank, Problem } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { SelectField } from '../../parts/fields.tsx'
import { useKeyHint } from '../../parts/key-names.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { addFolders } from '../../stores/adding.ts'
import { noLimits, oneAttempt, useDraft, usualAgent } from '../../stores/draft.ts'
import { useIsDesktop, useSettings, useSnapshot } from '../../stores/live.ts'
import { back, go, placeOf, useNavigation } from '../../stores/navigation.ts'
import { showFailure, showNotice } from '../../stores/notices.ts'
import { AgentFields, agentOf, MoreAgentFields } from './agent-fields.tsx'
import { AttemptsField, attemptsOf } from './attempts-field.tsx'
import { HoldField } from './hold-field.tsx'
import { LimitFields } from './limit-fields.tsx'
import { limitsOf } from './limits.ts'
import { PlaceField } from './place-field.tsx'
import { QueueFields } from './queue-fields.tsx'

const none: readonly RepositoryRow[] = []

export function NewTask() {
  const isDesktop = useIsDesktop()
  const repositories = useSnapshot((snapshot) => snapshot.repositories, none)
  if (repositories.length > 0) return <Form repositories={repositories} />
  return (
    <>
      <ToolBar title="New Task" canGoBack />
      <Blank
        icon="repo"
        title="No repository to run it in"
        actions={<Button onClick={() => addFolders(isDesktop)}>{isDesktop ? 'Add Folder…' : 'Add Repository…'}</Button>}
      >
        A task works on a clone of a registered repository. Add one first.
      </Blank>
    </>
  )
}

function Form({ repositories }: { repositories: readonly RepositoryRow[] }) {
  const draft = useDraft()
  const settings = useSettings()
  const hint = useKeyHint('⏎')
  const [failure, setFailure] = useState<Failure | null>(null)
  const [busy, setBusy] = useState(false)
  const usable = repositories.find(({ alias }) => alias === draft.repo) ?? repositories[0]
  const queue = draft.queue ?? settings?.queue ?? false
  const limits = limitsOf(draft.limits)
  const agent = agentOf(draft.agent)
  const attempts = attemptsOf(draft.attempts)
  const ready = draft.description.trim() !== '' && limits !== null && agent !== null && attempts !== null && !busy

  const start = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!ready || !usable) return
    setBusy(true)
    const reply = await host().call('runTask', {
      repo: usable.alias,
      description: draft.description,
      ...(draft.place === '' ? { queue, ...(queue && { priority: Number(draft.priority) }) } : { place: draft.place }),
      ...limits,
      ...agent,
      ...(draft.hold && { holdMs: defaultHoldMs }),
      ...attempts,
    })
    setBusy(false)
    if (!reply.ok) {
      if (placeOf(useNavigation.getState().trail).view !== 'new-task') showFailure(reply.failure)
      return setFailure(reply.failure)
    }
    useDraft.setState({ description: '', limits: noLimits, agent: usualAgent, hold: false, attempts: oneAttempt })
    const isOne = draft.attempts.count === '1'
    const place = { view: isOne ? 'task' : 'attempts', id: reply.value.id } as const
    // Who has gone on to something else meanwhile is not called back.
    if (placeOf(useNavigation.getState().trail).view === 'new-task') go(place)
    else
      showNotice({
        title: isOne ? 'Task started' : 'Attempts started',
        body: `${reply.value.id} in ${usable.alias}`,
        place,
      })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>): void => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.requestSubmit()
  }
  return (
    <>
      <ToolBar title="New Task" canGoBack />
      <div className="scroll">
        <form className="new-task" onSubmit={start} onKeyDown={onKeyDown}>
          {failure && <Problem failure={failure} />}
          <SelectField
            id="task-repo"
            label="Repository"
            value={usable?.alias ?? ''}
            options={repositories.map(({ alias, branch }) => ({
              value: alias,
              word: branch ? `${alias} (${branch})` : alias,
            }))}
            onChange={(repo) => useDraft.setState({ repo })}
          >
            {usable?.problem && (
              <small className="warn">
                {usable.problem.message}. {usable.problem.hint}
              </small>
            )}
          </SelectField>
          <div className="labelled">
            <label htmlFor="task-text">What shall the agent do?</label>
            <textarea
              id="task-text"
              className="input"
              data-first-focus
              rows={9}
              placeholder="Add retries with backoff to the webhook sender, with tests. Run the tests, and commit."
              value={draft.description}
              onChange={(event) => useDraft.setState({ description: event.target.value })}
            />
            <small>It works alone and cannot ask back. Say what done means, and how to check it.</small>
          </div>
          <LimitFields
            limits={draft.limits}
            settings={settings}
            onChange={(next) => useDraft.setState({ limits: next })}
          />
          <AgentFields agent={draft.agent} onChange={(next) => useDraft.setState({ agent: next })} />
          <MoreAgentFields agent={draft.agent} onChange={(next) => useDraft.setState({ agent: next })} />
          <AttemptsField attempts={draft.attempts} />
          <HoldField hold={draft.hold} />
          <PlaceField place={draft.place} />
          {draft.place === '' && <QueueFields queue={queue} priority={draft.priority} />}
          <div className="buttons">
            <Button onClick={back}>Cancel</Button>
            <Button type="submit" look="primary" keys={hint} disabled={!ready}>
              {busy ? 'Starting…' : 'Start Task'}
            </Button>
          </div>
        </form>
      </div>
    </>
  )
}
