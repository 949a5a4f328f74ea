import type { ComponentProps, ReactNode } from 'react'
import { Select } from './select.tsx'

interface TextProps {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder?: string | undefined
  readonly mono?: boolean
  readonly invalid?: boolean
  readonly inputMode?: 'decimal'
  /** What is said below it. */
  readonly children?: ReactNode
}

/** A line of text under its name. */
export function TextField({ id, label, mono, invalid, onChange, children, ...rest }: TextProps) {
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        className={mono ? 'input mono' : 'input'}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={invalid}
        onChange={(event) => onChange(event.target.value)}
      />
      {children}
    </div>
  )
}

type SelectProps<Value extends string> = ComponentProps<typeof Select<Value>> & {
  readonly id: string
  /** What is said below it. */
  readonly children?: ReactNode
}

/** A choice under its name. */
export function SelectField<Value extends string>({ children, ...select }: SelectProps<Value>) {
  return (
    <div className="labelled">
      <label htmlFor={select.id}>{select.label}</label>
      <Select {...select} />
      {children}
    </div>
  )
}
