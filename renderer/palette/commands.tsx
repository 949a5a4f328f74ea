import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { TaskRow } from '../../preload/live-state.ts'
import { Icon } from '../parts/icon.tsx'
import { TitleText } from '../parts/text/title-text.tsx'
import { back } from '../stores/navigation.ts'
import { CleanUp, Stop } from '../views/task/task-dialogs.tsx'
import { type Command, found } from './command-list.ts'
import { useCommands } from './use-commands.ts'
import { useOlderTasks } from './use-older-tasks.ts'

/** A field, and below it every action and task that has the words in it. Arrows choose, Return does it, Escape leaves. */
export function Commands({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const list = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [asking, setAsking] = useState<{ kind: 'stop' | 'clean-up'; row: TaskRow } | null>(null)
  const older = useOlderTasks(text)
  const commands = found(
    useCommands(older, (kind, row) => setAsking({ kind, row })),
    text,
  )
  const chosen = Math.min(at, commands.length - 1)
  useEffect(() => dialog.current?.showModal(), [])
  useEffect(() => {
    dialog.current?.querySelector(`[id="${list} ${chosen}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen, list])

  if (asking?.kind === 'stop') return <Stop row={asking.row} onClose={onClose} />
  if (asking) return <CleanUp row={asking.row} onClose={onClose} onDone={back} />

  const close = (): void => {
    dialog.current?.close()
    onClose()
  }
  const run = (command: Command): void => {
    dialog.current?.close()
    if (!command.asks) onClose()
    void command.run()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault()
      close()
    }
    event.stopPropagation()
    const command = commands[chosen]
    if (event.key === 'Enter' && command) {
      event.preventDefault()
      run(command)
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || commands.length === 0) return
    event.preventDefault()
    setAt((chosen + step + commands.length) % commands.length)
  }
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Commands"
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      <input
        className="palette-field"
        role="combobox"
        aria-label="Find an action or a task"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={commands.length > 0 ? `${list} ${chosen}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder="Find an action or a task"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
      />
      <div id={list} className="palette-list" role="listbox" aria-label="Actions and tasks">
        {commands.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, which keeps the focus
          <div
            key={`${command.word} ${command.about}`}
            id={`${list} ${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onClick={() => run(command)}
          >
            <Icon name={command.icon} />
            <span className="cut grow">
              <TitleText text={command.word} />
            </span>
            <small className="cut">{command.about}</small>
          </div>
        ))}
      </div>
      <p className="palette-none caption" role="status">
        {commands.length === 0 ? `Nothing has “${text}” in its name.` : ''}
      </p>
    </dialog>
  )
}
