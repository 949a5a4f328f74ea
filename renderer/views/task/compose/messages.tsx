import { useState } from 'react'
import type { MessageState, TaskMessage } from '../../../../main/core/task/message.ts'
import { count, exactTime } from '../../../format.ts'
import { Button } from '../../../parts/button.tsx'
import { Icon, type IconName } from '../../../parts/icon.tsx'
import { withMarks } from '../../../parts/text/with-marks.tsx'

/** The newest; the others are shown on demand. */
const shownAtFirst = 3

const looks: Readonly<
  Record<MessageState, { readonly icon: IconName; readonly word: string; readonly about: string }>
> = {
  queued: { icon: 'clock', word: 'Queued', about: 'The agent has not read it yet' },
  delivered: { icon: 'check', word: 'Delivered', about: 'The agent has read it' },
  answered: { icon: 'pass', word: 'Answered', about: 'The turn in which the agent read it has come to its end' },
  lost: { icon: 'fail', word: 'Not read', about: 'The task ended before its agent read it; Continue has it read it' },
}

const done: Readonly<Record<'interrupt' | 'finish', string>> = { interrupt: 'Interrupt', finish: 'Finish' }

/** What an agent was told after its task began, the newest last, with what became of each. */
export function Messages({ messages }: { messages: readonly TaskMessage[] }) {
  const [all, setAll] = useState(false)
  if (messages.length === 0) return null
  const first = all ? 0 : Math.max(0, messages.length - shownAtFirst)
  return (
    <div className="messages">
      {first > 0 && (
        <Button tiny look="plain" onClick={() => setAll(true)}>
          Show {count(first, 'earlier message')}
        </Button>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <ol aria-label="What you said" tabIndex={0}>
        {messages.slice(first).map((message) => (
          <Message key={message.id} message={message} />
        ))}
      </ol>
    </div>
  )
}

function Message({ message }: { message: TaskMessage }) {
  const { icon, word, about } = looks[message.state]
  const isLost = message.state === 'lost' && message.kind === 'text'
  return (
    <li>
      <span className="said selectable" title={exactTime(message.sentAt)}>
        {message.kind === 'text' ? withMarks(message.text) : <b>{done[message.kind]}</b>}
      </span>
      <span className={isLost ? 'state warn' : 'state second'} title={message.kind === 'text' ? about : undefined}>
        <Icon name={icon} size="small" />
        {message.kind === 'text' ? word : doneWords[message.state]}
      </span>
    </li>
  )
}

/** Of an interrupt, and of the wish that it finishes. */
const doneWords: Readonly<Record<MessageState, string>> = {
  queued: 'Queued',
  delivered: 'Delivered',
  answered: 'Done',
  lost: 'Too late',
}
