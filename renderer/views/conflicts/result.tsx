import { type KeyboardEvent, useRef, useState } from 'react'
import { type Chunk, composeChunks, type HunkPick, type Resolution } from '../../../main/core/merge/conflicts.ts'
import { Button } from '../../parts/button.tsx'
import { isMac } from '../../parts/key-names.ts'
import type { Picks } from '../../stores/conflict-picks.ts'
import { firstMark, hasMarks, isComplete, lineEndOf, marked } from './conflict-model.ts'
import { ResultLines } from './result-lines.tsx'

interface Props {
  readonly chunks: readonly Chunk[]
  readonly picks: Picks
  readonly resolution: Resolution | null
  readonly onChoose: (resolution: Resolution | null) => Promise<boolean>
  readonly onTyping: (typing: boolean) => void
}

/** The file as it will be; it can be written by hand. */
export function Result({ chunks, picks, resolution, onChoose, onTyping }: Props) {
  const [draft, setDraft] = useState<string | null>(null)
  const byHand = resolution?.kind === 'text' ? resolution.text : null
  const end = lineEndOf(chunks)
  const box = useRef<HTMLElement>(null)
  const write = (text: string | null): void => {
    setDraft(text)
    onTyping(text !== null)
    if (text === null) box.current?.focus()
  }
  const keep = async (): Promise<void> => {
    if (draft === null || hasMarks(draft)) return
    if (await onChoose({ kind: 'text', text: draft.replaceAll('\n', end === 'mixed' ? '\n' : end) })) write(null)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (isMac() ? event.metaKey : event.ctrlKey)) {
      event.preventDefault()
      void keep()
    }
    if (event.key === 'Escape') {
      // Only the field is left; the view stays.
      event.stopPropagation()
      write(null)
    }
  }
  const fault = draft !== null && hasMarks(draft)
  const chosen = picks.filter((pick) => pick !== null).length
  return (
    <section ref={box} className="card result" aria-label="Result" tabIndex={-1}>
      <header>
        <b>Result</b>
        <span className={fault ? 'small bad' : 'small second'} role={fault ? 'alert' : undefined}>
          {fault && 'Marks of a conflict are still in it: take them out.'}
          {!fault &&
            (draft !== null
              ? 'Not kept yet.'
              : byHand !== null
                ? 'Edited by hand.'
                : `${chosen} of ${picks.length} chosen.`)}
        </span>
        <span className="grow" />
        {draft === null ? (
          <>
            {byHand !== null && (
              <Button tiny look="plain" onClick={() => onChoose(isComplete(picks) ? { kind: 'hunks', picks } : null)}>
                Drop the Edit
              </Button>
            )}
            {end === 'mixed' ? (
              <span className="small second">Its lines end differently, so it cannot be edited here.</span>
            ) : (
              <Button tiny data-stop icon="pencil" onClick={() => write(byHand ?? written(chunks, picks))}>
                Edit
              </Button>
            )}
          </>
        ) : (
          <>
            <Button tiny onClick={() => write(null)}>
              Cancel
            </Button>
            <Button tiny look="primary" disabled={fault} onClick={() => keep()}>
              Keep Text
            </Button>
          </>
        )}
      </header>
      {draft === null ? (
        <ResultLines
          chunks={byHand === null ? chunks : [{ kind: 'merged', text: byHand }]}
          picks={picks}
          whole={byHand !== null}
        />
      ) : (
        <textarea
          className="by-hand"
          aria-label="The file, by hand"
          spellCheck={false}
          ref={startWriting}
          value={draft}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
      )}
    </section>
  )
}

/** At the first conflict that is still open, with a few lines before it. */
function startWriting(field: HTMLTextAreaElement | null): void {
  if (!field) return
  const at = Math.max(0, field.value.indexOf(firstMark))
  const line = field.value.slice(0, at).split('\n').length - 1
  const lineHeight = Number.parseFloat(getComputedStyle(field).lineHeight)
  field.focus()
  field.setSelectionRange(at, at)
  field.scrollTop = Math.max(0, line - 4) * lineHeight
  field.scrollIntoView({ block: 'nearest' })
}

/** What is picked, and the rest between marks; in a field, each line ends with a newline alone. */
function written(chunks: readonly Chunk[], picks: Picks): string {
  let next = 0
  return chunks
    .map((chunk) => {
      if (chunk.kind === 'merged') return chunk.text
      return taken(chunk, picks[next++] ?? null) ?? marked(chunk)
    })
    .join('')
    .replaceAll('\r\n', '\n')
}

const taken = (chunk: Chunk, pick: HunkPick | null): string | undefined =>
  pick === null ? undefined : composeChunks([chunk], [pick])
