import { type Props, useArrows, Word } from './choice.tsx'

/** One of a few, as tabs whose panel is named; the arrow keys choose. */
export function Tabs<Value extends string>(props: Props<Value> & { readonly panel: string }) {
  const { box, onKeyDown } = useArrows(props)
  return (
    <div ref={box} className="choice" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
      {props.options.map((option) => {
        const chosen = option.value === props.value
        return (
          <button
            key={option.value}
            type="button"
            role="tab"
            aria-selected={chosen}
            aria-controls={props.panel}
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
