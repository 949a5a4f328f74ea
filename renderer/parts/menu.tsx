import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

export interface MenuItem {
  readonly icon: IconName
  readonly word: string
  readonly disabled?: boolean
  /** Of something that is on or off. */
  readonly checked?: boolean
  readonly onChoose: () => void
}

/** More actions, behind three dots. */
export function Menu({ label, items, plain }: { label: string; items: readonly MenuItem[]; plain?: boolean }) {
  const [open, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (!open) return
    box.current?.querySelector<HTMLElement>('.menu button:enabled')?.focus()
    const close = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    }
    document.addEventListener('pointerdown', close)
    return () => document.removeEventListener('pointerdown', close)
  }, [open])

  const leave = (): void => {
    setOpen(false)
    box.current?.querySelector('button')?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) return
    if (event.key === 'Tab') {
      setOpen(false)
      return
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key !== 'Escape' && step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    if (step === undefined) {
      leave()
      return
    }
    const all = [...(box.current?.querySelectorAll<HTMLElement>('.menu button:enabled') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[(at + step + all.length) % all.length]?.focus()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the menu in it
    <div ref={box} className="menu-box" onKeyDown={onKeyDown}>
      <Button
        icon="more"
        look={plain ? 'plain' : undefined}
        label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div className="menu" role="menu" aria-label={label}>
          {items.map((item) => (
            <Entry
              key={item.word}
              icon={item.icon}
              disabled={item.disabled ?? false}
              checked={item.checked}
              onChoose={() => {
                leave()
                item.onChoose()
              }}
            >
              {item.word}
            </Entry>
          ))}
        </div>
      )}
    </div>
  )
}

/** An action of a menu. */
export function Entry(props: {
  icon: IconName
  disabled: boolean
  checked: boolean | undefined
  onChoose: () => void
  children: ReactNode
}) {
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only what can be checked says so
    <button
      type="button"
      role={props.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
      aria-checked={props.checked}
      tabIndex={-1}
      disabled={props.disabled}
      onClick={props.onChoose}
    >
      {props.checked === false ? <span className="icon" /> : <Icon name={props.checked ? 'check' : props.icon} />}
      {props.children}
    </button>
  )
}
