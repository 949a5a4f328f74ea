import { memo, type ReactNode } from 'react'
import { type Chunk, composeChunks, type HunkPick } from '../../../main/core/merge/conflicts.ts'
import { codeOf } from '../../diff/code.tsx'
import { count } from '../../format.ts'
import type { Picks } from '../../stores/conflict-picks.ts'
import { rowsOf } from './conflict-model.ts'

/** Lines of what merged by itself that are shown around a conflict. */
const around = 3
/** More of a text that was written by hand are not shown; all of them are kept. */
const shownLines = 400

/** What the choices make of the file: what was taken stands out, what merged by itself is folded. The style sheet counts the lines. */
export function ResultLines({ chunks, picks, whole }: { chunks: readonly Chunk[]; picks: Picks; whole: boolean }) {
  let next = 0
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="result-lines" tabIndex={0} aria-label="The file as it will be">
      {chunks.map((chunk, index) => {
        if (chunk.kind === 'merged') {
          const head = whole ? shownLines : index === 0 ? 0 : around
          const tail = whole || index === chunks.length - 1 ? 0 : around
          return <Merged key={index} text={chunk.text} head={head} tail={tail} whole={whole} />
        }
        next += 1
        return <Taken key={index} conflict={chunk} number={next} pick={picks[next - 1] ?? null} />
      })}
    </section>
  )
}

interface MergedProps {
  readonly text: string
  /** Lines that are shown at its beginning and end. */
  readonly head: number
  readonly tail: number
  readonly whole: boolean
}

const Merged = memo(function Merged({ text, head, tail, whole }: MergedProps) {
  const lines = rowsOf(text)
  const folded = Math.max(0, lines.length - head - tail)
  // To fold one line would save none.
  if (folded <= 1) return lines.map((line, at) => <Line key={at} text={line} />)
  return (
    <>
      {lines.slice(0, head).map((line, at) => (
        <Line key={at} text={line} />
      ))}
      <div className="result-line folded" style={{ counterIncrement: `result-line ${folded}` }}>
        <span className="at">…</span>
        <span>{count(folded, whole ? 'more line' : 'unchanged line')}</span>
      </div>
      {lines.slice(lines.length - tail).map((line, at) => (
        <Line key={`tail ${at}`} text={line} />
      ))}
    </>
  )
})

interface TakenProps {
  readonly conflict: Chunk & { kind: 'conflict' }
  /** From 1. */
  readonly number: number
  readonly pick: HunkPick | null
}

const Taken = memo(function Taken({ conflict, number, pick }: TakenProps): ReactNode {
  if (pick === null) {
    return (
      <div className="result-line open">
        <span className="at">?</span>
        <span>Conflict {number}: choose base, yours or task above</span>
      </div>
    )
  }
  return rowsOf(composeChunks([conflict], [pick]) ?? '').map((line, at) => <Line key={at} text={line} look="taken" />)
})

function Line({ text, look = '' }: { text: string; look?: string }) {
  return (
    <div className={`result-line counted ${look}`}>
      <span className="at" />
      <code>{codeOf({ text, mark: null })}</code>
    </div>
  )
}
