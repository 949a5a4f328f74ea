import { memo, type ReactNode } from 'react'
import type { Hunk } from '../../main/core/merge/file-diff.ts'
import { count } from '../format.ts'
import { withMarks } from '../parts/text/with-marks.tsx'
import { type DiffLine, type DiffPair, linesOf, pairsOf } from './diff-rows.ts'
import { tokensOf, withMark } from './highlight.ts'

/** Rows that the browser lays out, or passes over while they are out of sight, together. */
const blockRows = 40

interface Props {
  readonly hunk: Hunk
  readonly before: Hunk | undefined
  readonly layout: 'split' | 'unified'
}

export const HunkView = memo(function HunkView({ hunk, before, layout }: Props) {
  const lines = linesOf(hunk)
  const rows =
    layout === 'split'
      ? pairsOf(lines).map((pair) => ({ change: pair.left !== pair.right, row: <Pair pair={pair} /> }))
      : lines.map((line) => ({ change: line.kind !== ' ', row: <Line line={line} numbers="both" /> }))
  const skipped = hunk.newStart - 1 - (before ? before.newStart - 1 + newLines(before) : 0)
  return (
    <>
      {(skipped > 0 || hunk.heading !== '') && (
        <div className="hunk-head">
          {skipped > 0 && count(skipped, 'unchanged line')}
          {hunk.heading && `${skipped > 0 ? ' · ' : ''}${hunk.heading}`}
        </div>
      )}
      {blocksOf(rows).map((block, index) => (
        <div key={index} className="block">
          {block.map(({ change, first, row }, at) => (
            <div key={at} data-change={change && first ? '' : undefined}>
              {row}
            </div>
          ))}
        </div>
      ))}
    </>
  )
})

const newLines = ({ lines }: Hunk): number => lines.filter(({ kind }) => kind !== '-').length

interface Row {
  readonly change: boolean
  readonly row: ReactNode
}

function blocksOf(rows: readonly Row[]): readonly (readonly (Row & { first: boolean })[])[] {
  const marked = rows.map((row, index) => ({ ...row, first: !rows[index - 1]?.change }))
  return Array.from({ length: Math.ceil(marked.length / blockRows) }, (_, block) =>
    marked.slice(block * blockRows, (block + 1) * blockRows),
  )
}

function Pair({ pair: { left, right } }: { pair: DiffPair }) {
  return (
    <div className="pair">
      <Line line={left} numbers="old" />
      <Line line={right} numbers="new" />
    </div>
  )
}

const kinds = { ' ': '', '+': 'added', '-': 'removed' } as const
const signs = { ' ': '', '+': '+', '-': '−' } as const

function Line({ line, numbers }: { line: DiffLine | null; numbers: 'old' | 'new' | 'both' }) {
  if (!line) return <div className="line-row none" />
  return (
    <div className={`line-row ${kinds[line.kind]} ${numbers === 'both' ? 'two' : ''}`}>
      {numbers !== 'new' && <span className="at">{line.oldLine}</span>}
      {numbers !== 'old' && <span className="at">{line.newLine}</span>}
      <span className="sign">{signs[line.kind]}</span>
      <code>{codeOf(line)}</code>
    </div>
  )
}

/** Its words, coloured and marked. */
export function codeOf({ text, mark }: Pick<DiffLine, 'text' | 'mark'>): ReactNode {
  const tokens = withMark(tokensOf(text), mark ?? [0, 0])
  return tokens.map(({ kind, text: part, marked }, index) => {
    const text = withMarks(part)
    const shown = kind === 'plain' ? text : <span className={`code-${kind}`}>{text}</span>
    return marked ? <mark key={index}>{shown}</mark> : <span key={index}>{shown}</span>
  })
}
