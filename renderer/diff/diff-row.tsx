import { memo, type ReactNode } from 'react'
import { count } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { codeOf } from './code.tsx'
import type { DiffItem } from './diff-list.ts'
import type { DiffLine } from './diff-rows.ts'

/** A line of one side, by which a comment is kept. */
export interface Spot {
  readonly side: 'old' | 'new'
  readonly line: number
  readonly text: string
}

interface RowProps {
  readonly item: DiffItem & { kind: 'line' }
  readonly index: number
  readonly layout: 'split' | 'unified'
  /** Absent where nothing can be said. */
  readonly onComment: ((spot: Spot) => void) | undefined
  /** What was said of the row. */
  readonly below: ReactNode
}

export const DiffRow = memo(function DiffRow({ item, index, layout, onComment, below }: RowProps) {
  const { left, right, begins } = item
  return (
    <div data-row={index} data-change={begins ? '' : undefined}>
      {layout === 'split' ? (
        <div className="pair">
          <Line line={left} numbers="old" onComment={onComment} />
          <Line line={right} numbers="new" onComment={onComment} />
        </div>
      ) : (
        <Line line={right ?? left} numbers="both" onComment={onComment} />
      )}
      {below}
    </div>
  )
})

const kinds = { ' ': '', '+': 'added', '-': 'removed' } as const
const signs = { ' ': '', '+': '+', '-': '−' } as const

interface LineProps {
  readonly line: DiffLine | null
  readonly numbers: 'old' | 'new' | 'both'
  readonly onComment: ((spot: Spot) => void) | undefined
}

function Line({ line, numbers, onComment }: LineProps) {
  if (!line) return <div className="line-row none" />
  const spot = spotOf(line)
  return (
    <div className={`line-row ${kinds[line.kind]} ${numbers === 'both' ? 'two' : ''}`}>
      {numbers !== 'new' && <span className="at">{line.oldLine}</span>}
      {numbers !== 'old' && <span className="at">{line.newLine}</span>}
      <span className="sign">
        {signs[line.kind]}
        {onComment && (numbers !== 'old' || line.kind === '-') && (
          <button
            type="button"
            className="add-comment"
            tabIndex={-1}
            aria-label={`Comment on line ${spot.line}`}
            onClick={() => onComment(spot)}
          >
            +
          </button>
        )}
      </span>
      <code>{codeOf(line)}</code>
    </div>
  )
}

/** A line that is gone is one of the old side, every other one of the new. */
export const spotOf = ({ kind, oldLine, newLine, text }: DiffLine): Spot =>
  kind === '-' ? { side: 'old', line: oldLine ?? 0, text } : { side: 'new', line: newLine ?? 0, text }

export const keyOf = ({ side, line }: Pick<Spot, 'side' | 'line'>): string => `${side} ${line}`

/** Lines that one click shows. */
const step = 20

interface GapProps {
  readonly item: DiffItem & { kind: 'gap' }
  readonly isLast: boolean
  readonly onOpen: (gap: number, below: number, above: number) => void
}

/** Lines that did not change, and ways to see them. */
export function Gap({ item: { gap, lines, heading }, isLast, onOpen }: GapProps) {
  const isShort = lines !== null && lines <= step
  return (
    <div className="hunk-head">
      <span className="grow">
        {lines === null ? '' : count(lines, 'unchanged line')}
        {heading && `${lines === null ? '' : ' · '}${heading}`}
      </span>
      {!isShort && gap > 0 && (
        <Button tiny look="plain" icon="down" label={`${step} lines below`} onClick={() => onOpen(gap, step, 0)} />
      )}
      {!isShort && !isLast && (
        <Button tiny look="plain" icon="up" label={`${step} lines above`} onClick={() => onOpen(gap, 0, step)} />
      )}
      <Button tiny look="plain" onClick={() => onOpen(gap, Number.MAX_SAFE_INTEGER, 0)}>
        {lines === null ? 'Rest of the File' : 'Show'}
      </Button>
    </div>
  )
}
