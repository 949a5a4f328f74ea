import { type KeyboardEvent, useState } from 'react'
import { createPortal } from 'react-dom'
import type { TaskRow } from '../../../../preload/live-state.ts'
import type { TaskDetails } from '../../../../preload/task-details.ts'
import { bytes, count } from '../../../format.ts'
import { Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { Choice } from '../../../parts/choice.tsx'
import { copyAndSay } from '../../../parts/copy.tsx'
import { SearchField } from '../../../parts/search-field.tsx'
import { useChosen } from '../../../stores/navigation.ts'
import { Details } from '../details.tsx'
import { landingOf } from '../landing/landing-of.ts'
import { ConsoleRange } from './console-range.tsx'
import { saveConsole } from './save-console.ts'
import { type ConsoleHandle, useConsole } from './use-console.ts'

const consoles = [
  { value: 'agent', word: 'The Agent’s Machine' },
  { value: 'check', word: 'The Check’s Machine' },
] as const

interface Props {
  readonly row: TaskRow
  readonly details: TaskDetails | null
  readonly tools: HTMLElement | null
}

/** The machine's console as it grows. Guest text: it goes into a terminal emulator and nowhere else. */
export function ConsoleTab({ row, details, tools }: Props) {
  const [box, setBox] = useState<HTMLElement | null>(null)
  const [of, chooseOf] = useChosen('of')
  const ofCheck = of === 'check'
  const console = useConsole(row.id, ofCheck, box)
  const { feed, following } = console
  const [earlier, setEarlier] = useState(false)
  const ended = feed?.ended ?? false
  return (
    <div className="tab-body">
      <div className="pane">
        {tools && createPortal(<Tools id={row.id} console={console} />, tools)}
        {(ofCheck || landingOf(row)) && (
          <div className="console-note">
            <Choice
              label="Whose console"
              value={ofCheck ? 'check' : 'agent'}
              options={consoles}
              onChange={(value) => chooseOf(value === 'check' ? value : null)}
            />
          </div>
        )}
        {feed?.failure && (
          <Problem failure={feed.failure}>
            <Button tiny onClick={console.again}>
              Try Again
            </Button>
          </Problem>
        )}
        {feed && feed.from > 0 && (
          <div className="console-note">
            <span className="grow">The first {bytes(feed.from)} are not shown here.</span>
            <Button tiny look="plain" onClick={() => setEarlier(true)}>
              Show Earlier Output
            </Button>
          </div>
        )}
        <section ref={setBox} className="console" aria-label={`Console of task ${row.id}`} />
        <div className="console-note below" role="status">
          <span className="grow">{statusOf(console, row)}</span>
          {!following && !ended && (
            <Button tiny icon="down" onClick={() => console.follow(true)}>
              Follow
            </Button>
          )}
        </div>
        {earlier && feed && (
          <ConsoleRange id={row.id} read={console.read} to={feed.from} onClose={() => setEarlier(false)} />
        )}
      </div>
      <Details row={row} details={details} />
    </div>
  )
}

function statusOf({ feed, following }: ConsoleHandle, row: TaskRow): string {
  if (!feed) return 'Opening the console…'
  if (feed.failure) return 'The console cannot be read now.'
  const landing = landingOf(row)
  if (landing) return `${landing}.`
  if (feed.ended) return feed.size === 0 ? 'The console is empty.' : `The machine is off. ${bytes(feed.size)} in all.`
  if (feed.size === 0)
    return row.state.phase === 'queued'
      ? `${row.state.blocked ?? 'The task waits for a slot'}.`
      : 'The machine has said nothing yet.'
  if (!following) return feed.size > feed.at ? 'Paused. New output waits.' : 'Paused where you are reading.'
  return `Following, ${bytes(feed.size)} so far.`
}

function Tools({ id, console }: { id: string; console: ConsoleHandle }) {
  const [text, setText] = useState('')
  const [saving, setSaving] = useState(false)
  const { terminal, found, following, feed } = console
  const find = (direction: 'next' | 'previous'): void => {
    console.follow(false)
    terminal?.find(text, direction)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') find(event.shiftKey ? 'previous' : 'next')
  }
  return (
    <>
      <SearchField
        label="Find in console"
        finds
        width={210}
        value={text}
        onChange={(next) => {
          setText(next)
          terminal?.find(next, 'previous')
        }}
        onKeyDown={onKeyDown}
      >
        {text !== '' && (
          <span className="caption" role="status">
            {found.of === 0 ? 'none' : `${found.at || '–'} of ${found.of}`}
          </span>
        )}
      </SearchField>
      <Button
        icon={following ? 'down' : 'pause'}
        aria-pressed={following}
        disabled={feed?.ended ?? false}
        onClick={() => console.follow(!following)}
      >
        {following ? 'Following' : 'Paused'}
      </Button>
      <Button
        icon="copy"
        label="Copy what is selected, or all"
        onClick={() => {
          const text = terminal?.text() ?? ''
          return copyAndSay(text, `${count(text.trimEnd().split('\n').length, 'line')} of the console`)
        }}
      />
      <Button
        icon="save"
        label={saving ? 'Saving the whole console' : 'Save the whole console'}
        disabled={saving}
        onClick={async () => {
          setSaving(true)
          await saveConsole(id, console.read)
          setSaving(false)
        }}
      />
    </>
  )
}
