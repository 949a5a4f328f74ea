import type { KeyboardEventHandler, ReactNode } from 'react'
import { Icon } from './icon.tsx'
import { useKeyHint } from './key-names.ts'

interface Props {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
  readonly onKeyDown?: KeyboardEventHandler<HTMLInputElement>
  readonly width?: number
  /** Whether Cmd-F goes here; one of a view at most. */
  readonly finds?: boolean
  readonly children?: ReactNode
}

export function SearchField({ label, value, onChange, onKeyDown, width, finds, children }: Props) {
  const hint = useKeyHint('F')
  return (
    <label className="field" style={{ width }}>
      <Icon name="search" size="small" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        spellCheck={false}
        value={value}
        data-find={finds ? '' : undefined}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          // The first Escape empties the field, the next one leaves the view.
          if (event.key === 'Escape' && value !== '') {
            event.stopPropagation()
            onChange('')
          }
          onKeyDown?.(event)
        }}
      />
      {children ??
        (finds && value === '' && (
          <span aria-hidden="true">
            <kbd>{hint}</kbd>
          </span>
        ))}
    </label>
  )
}
