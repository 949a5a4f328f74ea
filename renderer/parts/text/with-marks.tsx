import type { ReactNode } from 'react'
import { markPattern } from '../../../main/core/visible-text.ts'

const split = new RegExp(`(${markPattern.source})`)

/** The text with the marks that stand for hidden characters set apart. */
export function withMarks(text: string): ReactNode {
  if (!text.includes('⟪')) return text
  return text.split(split).map((part, index) =>
    index % 2 === 1 ? (
      <span key={index} className="hidden-mark" title="A character that is not seen">
        {part}
      </span>
    ) : (
      part
    ),
  )
}
