import { type KeyboardEvent, useRef } from 'react'

interface Option<Value extends string> {
  readonly value: Value
  readonly word: string
  readonly count?: number | undefined
}

export interface Props<Value extends string> {
  readonly label: string
  readonly options: readonly Option<Value>[]
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** One of a few; the arrow keys choose. */
export function Choice<Value extends string>(props: Props<Value>) {
  const { box, onKeyDown } = useArrows(props)
  return (
    <div ref={box} className="choice" role="radiogroup" aria-label={props.label} onKeyDown={onKeyDown}>
      {props.options.map((option) => {
        const chosen = option.value === props.value
        return (
          // biome-ignore lint/a11y/useSemanticElements: an input cannot hold the figure beside its word
          <button
            key={option.value}
            type="button"
            role="radio"
            aria-checked={chosen}
            tabIndex={chosen ? 0 : -1}
            onClick={() => props.onChange(option.value)}
          >
            <Word option={option} />
          </button>
        )
      })}
    </div>
  )
}

export function Word({ option: { word, count } }: { option: Option<string> }) {
  return (
    <>
      <span className="word" data-word={word}>
        {word}
      </span>
      {count !== undefined && <span className="count">{count.toLocaleString('en')}</span>}
    </>
  )
}

export function useArrows<Value extends string>({ options, value, onChange }: Props<Value>) {
  const box = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const at = options.findIndex((option) => option.value === value)
    const index = (at + step + options.length) % options.length
    const next = options[index]
    if (!next) return
    onChange(next.value)
    box.current?.querySelectorAll('button')[index]?.focus()
  }
  return { box, onKeyDown }
}
