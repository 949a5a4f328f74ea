import { type KeyboardEvent, useId, useState } from 'react'
import { shortcutOf, shownShortcut } from '../../../main/core/shortcut.ts'
import { Button } from '../../parts/button.tsx'
import { isMac } from '../../parts/key-names.ts'

interface Props {
  readonly title: string
  readonly about: string
  readonly value: string | null
  readonly onChange: (keys: string | null) => Promise<boolean>
}

/** Takes the keys that are pressed in it; Escape leaves them as they are, Backspace takes them away. */
export function ShortcutSetting({ title, about, value, onChange }: Props) {
  const id = useId()
  const [isListening, setListening] = useState(false)
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    const keys = event.key === 'Backspace' ? null : shortcutOf(event, isMac())
    if (event.key === 'Escape') event.currentTarget.blur()
    else if (keys !== undefined) void onChange(keys)
  }
  const shown = value === null ? 'None' : shownShortcut(value, isMac())
  return (
    <div className="setting">
      <div>
        <label htmlFor={id}>{title}</label>
        <small>{isListening ? 'Press them now. Backspace takes them away.' : about}</small>
      </div>
      <input
        id={id}
        className="input keys"
        readOnly
        value={shown}
        onFocus={() => setListening(true)}
        onBlur={() => setListening(false)}
        onKeyDown={onKeyDown}
      />
      <Button label="No keys" icon="cross" disabled={value === null} onClick={() => onChange(null)} />
    </div>
  )
}
