import { Choice } from '../parts/choice.tsx'
import { setLayout, useLayout } from '../stores/layout.ts'

/** How differences are shown, everywhere. */
export function LayoutChoice() {
  const layout = useLayout(({ diff }) => diff)
  return (
    <Choice
      label="Layout of the differences"
      value={layout}
      options={[
        { value: 'split', word: 'Side by Side' },
        { value: 'unified', word: 'Unified' },
      ]}
      onChange={(diff) => setLayout({ diff })}
    />
  )
}
