import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../main/core/failure.ts'
import type { QuickEntry } from '../../preload/host.ts'
import { host } from '../api.ts'
import { Blank, FailureBlank, Problem } from '../parts/blank.tsx'
import { Button } from '../parts/button.tsx'
import { useOnce } from '../parts/hooks/use-once.ts'
import { isMac } from '../parts/key-names.ts'
import { Select } from '../parts/select.tsx'
import { useOffer } from './use-offer.ts'

const leave = (to: 'repositories' | null) => host().call('leaveQuickEntry', { to })

/** The whole page of the panel. It starts a task and is gone; Escape hides it, and what was typed is there the next time. */
export function QuickEntryPanel() {
  const field = useRef<HTMLTextAreaElement>(null)
  const offer = useOffer(useCallback(() => field.current?.focus(), []))
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') void leave(null)
  }
  return (
    <main className="quick" onKeyDown={onKeyDown}>
      <h1 className="unseen">Quick Task</h1>
      {offer.status === 'refused' && <FailureBlank failure={offer.failure} />}
      {offer.status === 'offered' &&
        (offer.entry.repositories.length > 0 ? <Form entry={offer.entry} field={field} /> : <NoRepository />)}
    </main>
  )
}

const NoRepository = () => (
  <Blank
    icon="repo"
    title="No repository to run it in"
    actions={<Button onClick={() => leave('repositories')}>Open Repositories</Button>}
  >
    A task works on a clone of a registered repository. Add one first.
  </Blank>
)

interface Props {
  readonly entry: QuickEntry
  readonly field: RefObject<HTMLTextAreaElement | null>
}

function Form({ entry: { repositories, usual }, field }: Props) {
  const [chosen, choose] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [failure, setFailure] = useState<Failure | null>(null)
  const named = (alias: string | null) => repositories.find((repository) => repository.alias === alias)
  const repository = named(chosen) ?? named(usual) ?? repositories[0]
  const ready = text.trim() !== '' && repository !== undefined
  const { act, isActing } = useOnce(ready ? () => start(repository.alias) : undefined)

  async function start(repo: string): Promise<void> {
    const reply = await host().call('runTask', { repo, description: text })
    if (!reply.ok) return setFailure(reply.failure)
    setFailure(null)
    setText('')
    await leave(null)
  }
  const warning = repository?.problem
  useEffect(() => field.current?.focus(), [field])
  return (
    <>
      <textarea
        ref={field}
        className="quick-text"
        aria-label="What shall the agent do?"
        placeholder="What shall the agent do?"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) act()
        }}
      />
      {failure && <Problem failure={failure} />}
      {!failure && warning && (
        <p className="quick-note warn" role="status">
          {warning.message}. {warning.hint}
        </p>
      )}
      <footer className="quick-foot">
        <Select
          label="Repository"
          value={repository?.alias ?? ''}
          options={repositories.map(({ alias, branch }) => ({
            value: alias,
            word: branch ? `${alias} (${branch})` : alias,
          }))}
          onChange={choose}
        />
        <span className="grow" />
        <Button look="plain" onClick={() => leave(null)} keys="esc">
          Close
        </Button>
        <Button look="primary" keys={isMac() ? '⌘⏎' : 'Ctrl ↵'} disabled={!ready || isActing} onClick={act}>
          {isActing ? 'Starting…' : 'Start Task'}
        </Button>
      </footer>
    </>
  )
}
