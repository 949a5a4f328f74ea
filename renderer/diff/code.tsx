import type { ReactNode } from 'react'
import { withMarks } from '../parts/text/with-marks.tsx'
import type { DiffLine } from './diff-rows.ts'
import { tokensOf, withMark } from './highlight.ts'

/** A line's words, coloured and marked. */
export function codeOf({ text, mark }: Pick<DiffLine, 'text' | 'mark'>): ReactNode {
  const tokens = withMark(tokensOf(text), mark ?? [0, 0])
  return tokens.map(({ kind, text: part, marked }, index) => {
    const text = withMarks(part)
    const shown = kind === 'plain' ? text : <span className={`code-${kind}`}>{text}</span>
    return marked ? <mark key={index}>{shown}</mark> : <span key={index}>{shown}</span>
  })
}
