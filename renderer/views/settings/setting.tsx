import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { Select } from '../../parts/select.tsx'

interface Common {
  readonly title: string
  readonly about?: string | undefined
}

function Row({
  title,
  about,
  id,
  fault,
  children,
}: Common & { id: string; fault?: string | null; children: ReactNode }) {
  return (
    <div className="setting">
      <div>
        <label htmlFor={id}>{title}</label>
        {fault ? (
          <small className="fault" role="alert">
            {fault}
          </small>
        ) : (
          about && <small>{about}</small>
        )}
      </div>
      {children}
    </div>
  )
}

export function ChoiceSetting<Value extends string>(
  props: Common & {
    readonly value: Value
    readonly options: readonly { readonly value: Value; readonly word: string }[]
    readonly onChange: (value: Value) => Promise<boolean>
  },
) {
  const id = useId()
  return (
    <Row {...props} id={id}>
      <Select
        id={id}
        label={props.title}
        value={props.value}
        options={props.options}
        onChange={(value) => void props.onChange(value)}
      />
    </Row>
  )
}

export function SwitchSetting(
  props: Common & { readonly on: boolean; readonly onChange: (on: boolean) => Promise<boolean> },
) {
  const id = useId()
  return (
    <Row {...props} id={id}>
      <input
        id={id}
        type="checkbox"
        className="switch"
        checked={props.on}
        onChange={(event) => void props.onChange(event.target.checked)}
      />
    </Row>
  )
}

interface NumberProps extends Common {
  readonly unit?: string
  readonly value: number | null
  readonly min: number
  readonly max?: number
  readonly whole?: boolean
  /** Whether an empty field means: no limit. */
  readonly optional?: boolean
  readonly onChange: (value: number | null) => Promise<boolean>
}

/** Taken when the field is left or Return is pressed; Escape brings back what holds. */
export function NumberSetting(props: NumberProps) {
  const id = useId()
  const held = props.value === null ? '' : String(Number(props.value.toFixed(2)))
  const [text, setText] = useState(held)
  // Return sends a value, and leaving the field must not send it again before the host has told of it.
  const sent = useRef(held)
  useEffect(() => {
    sent.current = held
    setText(held)
  }, [held])
  const fault = text === held ? null : faultOf(text, props)
  const take = async (): Promise<void> => {
    if (text === sent.current || text === held || fault !== null) return
    sent.current = text
    const taken = await props.onChange(text.trim() === '' ? null : Number(text))
    if (taken) return
    sent.current = held
    setText(held)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') void take()
    if (event.key === 'Escape' && text !== held) {
      event.stopPropagation()
      setText(held)
    }
  }
  return (
    <Row {...props} id={id} fault={fault}>
      <input
        id={id}
        className="input number"
        inputMode="decimal"
        autoComplete="off"
        placeholder={props.optional ? 'No limit' : undefined}
        aria-invalid={fault !== null}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void take()}
        onKeyDown={onKeyDown}
      />
      <span className="unit">{props.unit}</span>
    </Row>
  )
}

/** What keeps a text from being the number of a field; null when nothing does. */
function faultOf(text: string, { min, max, whole, optional }: Omit<NumberProps, 'title' | 'value' | 'onChange'>) {
  if (text.trim() === '') return optional ? null : 'A number is needed.'
  const value = Number(text)
  if (!Number.isFinite(value)) return 'Enter a number.'
  if (whole && !Number.isInteger(value)) return 'A whole number is needed.'
  if (value < min) return `At least ${min}.`
  if (max !== undefined && value > max) return `At most ${max}.`
  return null
}

/** Text, taken when the field is left or Return is pressed; empty means none. What it may be, the host says. */
export function TextSetting(
  props: Common & {
    readonly value: string | null
    readonly placeholder: string
    readonly onChange: (value: string | null) => Promise<boolean>
  },
) {
  const id = useId()
  const field = useTaken(props.value ?? '', (text) => props.onChange(text.trim() || null))
  return (
    <Row {...props} id={id}>
      <input
        id={id}
        className="input mono"
        spellCheck={false}
        placeholder={props.placeholder}
        value={field.text}
        onChange={(event) => field.write(event.target.value)}
        onBlur={() => void field.take()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void field.take()
          if (event.key === 'Escape' && field.drop()) event.stopPropagation()
        }}
      />
    </Row>
  )
}

/** A list, one entry a line. */
export function LinesSetting(
  props: Common & {
    readonly value: readonly string[]
    readonly placeholder: string
    readonly onChange: (value: readonly string[]) => Promise<boolean>
  },
) {
  const id = useId()
  const field = useTaken(props.value.join('\n'), (text) => props.onChange(linesOf(text)))
  return (
    <Row {...props} id={id}>
      <textarea
        id={id}
        className="input mono lines"
        spellCheck={false}
        rows={Math.min(8, Math.max(2, field.text.split('\n').length))}
        placeholder={props.placeholder}
        value={field.text}
        onChange={(event) => field.write(event.target.value)}
        onBlur={() => void field.take()}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && field.drop()) event.stopPropagation()
        }}
      />
    </Row>
  )
}

/** Any of a few. */
export function PartsSetting<Part extends string>(
  props: Common & {
    readonly value: readonly Part[]
    readonly parts: readonly Part[]
    readonly onChange: (value: readonly Part[]) => Promise<boolean>
  },
) {
  return (
    <fieldset className="setting" aria-label={props.title}>
      <div>
        <span>{props.title}</span>
        {props.about && <small>{props.about}</small>}
      </div>
      <div className="parts">
        {props.parts.map((part) => (
          <label key={part} className="row small">
            <input
              type="checkbox"
              checked={props.value.includes(part)}
              onChange={({ target }) =>
                void props.onChange(
                  props.parts.filter((it) => (it === part ? target.checked : props.value.includes(it))),
                )
              }
            />
            {part}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** What is typed over a value that the host holds: sent once, and given up where the host refuses it. */
function useTaken(held: string, send: (text: string) => Promise<boolean>) {
  const [text, write] = useState(held)
  const sent = useRef(held)
  useEffect(() => {
    sent.current = held
    write(held)
  }, [held])
  const drop = (): boolean => {
    const isTyped = text !== held
    write(held)
    return isTyped
  }
  const take = async (): Promise<void> => {
    if (text === sent.current || text === held) return
    sent.current = text
    if (await send(text)) return
    sent.current = held
    write(held)
  }
  return { text, write, take, drop }
}
