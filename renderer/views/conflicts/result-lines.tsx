import type { ReactNode } from 'react'
import { type Chunk, composeChunks } from '../../../main/core/merge/conflicts.ts'
import { codeOf } from '../../diff/code.tsx'
import { count } from '../../format.ts'
import { type Picks, rowsOf } from './conflict-model.ts'

/** Lines of what merged by itself that are shown around a conflict. */
const around = 3
/** More of a text that was written by hand are not shown; all of them are kept. */
const shownLines = 400

/** What the choices make of the file: what was taken stands out, what merged by itself is folded. */
export function ResultLines({ chunks, picks, whole }: { chunks: readonly Chunk[]; picks: Picks; whole: boolean }) {
  const rows: ReactNode[] = []
  let at = 1
  let next = 0
  const line = (text: string, look = ''): void => {
    rows.push(
      <div key={rows.length} className={`result-line ${look}`}>
        <span className="at">{at}</span>
        <code>{codeOf({ text, mark: null })}</code>
      </div>,
    )
    at += 1
  }
  const fold = (lines: number): void => {
    if (lines === 0) return
    at += lines
    rows.push(
      <div key={rows.length} className="result-line folded">
        <span className="at">…</span>
        <span>{count(lines, whole ? 'more line' : 'unchanged line')}</span>
      </div>,
    )
  }
  chunks.forEach((chunk, index) => {
    if (chunk.kind === 'merged') {
      const lines = rowsOf(chunk.text)
      const head = whole ? shownLines : index === 0 ? 0 : around
      const tail = whole || index === chunks.length - 1 ? 0 : around
      const folded = Math.max(0, lines.length - head - tail)
      // To fold one line would save none.
      const kept = folded <= 1 ? lines.length : head
      for (const text of lines.slice(0, kept)) line(text)
      if (kept === lines.length) return
      fold(folded)
      for (const text of lines.slice(lines.length - tail)) line(text)
      return
    }
    const number = next + 1
    const pick = picks[next++] ?? null
    if (pick === null) {
      rows.push(
        <div key={rows.length} className="result-line open">
          <span className="at">?</span>
          <span>Conflict {number}: choose base, yours or task above</span>
        </div>,
      )
      return
    }
    for (const text of rowsOf(composeChunks([chunk], [pick]) ?? '')) line(text, 'taken')
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="result-lines" tabIndex={0} aria-label="The file as it will be">
      {rows}
    </section>
  )
}
