import { Icon } from './icon.tsx'

interface Props<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly word: string }[]
  readonly onChange: (value: Value) => void
  readonly id?: string
}

export function Select<Value extends string>({ label, value, options, onChange, id }: Props<Value>) {
  return (
    <span className="select-box">
      <select
        id={id}
        className="select"
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value as Value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.word}
          </option>
        ))}
      </select>
      <Icon name="down" size="small" />
    </span>
  )
}
