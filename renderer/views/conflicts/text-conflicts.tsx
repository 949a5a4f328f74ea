import { useCallback, useLayoutEffect, useMemo, useRef } from 'react'
import type { ConflictText, HunkPick, Resolution, SideName } from '../../../main/core/merge/conflicts.ts'
import { picksIn, remember, setPicks, usePicking } from '../../stores/conflict-picks.ts'
import { ConflictCard } from './conflict-card.tsx'
import { conflictsIn, isComplete, picksOf, placedConflicts } from './conflict-model.ts'
import { goToOpen } from './go-to-conflict.ts'
import { Result } from './result.tsx'

interface Props {
  readonly text: Extract<ConflictText, { chunks: unknown }>
  /** See `fileKey`. */
  readonly file: string
  readonly resolution: Resolution | null
  /** What each side is called beside its word. */
  readonly names: Readonly<Record<SideName, string>>
  /** Has the host keep the choice. */
  readonly onKeep: (resolution: Resolution | null) => Promise<boolean>
  readonly onChoose: (resolution: Resolution | null) => Promise<boolean>
  readonly onTyping: (typing: boolean) => void
}

/** Lines before and after each conflict. */
const around = 3

/** A pick for each conflict, after which the next one has the focus; once all are picked, the host keeps them. */
export function TextConflicts({ text, file, resolution, names, onKeep, onChoose, onTyping }: Props) {
  const { chunks } = text
  const box = useRef<HTMLDivElement>(null)
  const placed = useMemo(() => placedConflicts(chunks, around, text.kind === 'text'), [chunks, text.kind])
  const overruled = resolution !== null && resolution.kind !== 'hunks'
  useLayoutEffect(() => {
    const held = picksIn(file)
    // What the host keeps goes before what is left of an earlier look.
    if (resolution?.kind === 'hunks' || held?.length !== placed.length) setPicks(file, picksOf(chunks, resolution))
  }, [file, chunks, placed.length, resolution])
  const now = useRef({ resolution, overruled, onKeep })
  now.current = { resolution, overruled, onKeep }
  // The same for each card, whatever is picked: a pick makes no other card again.
  const pick = useCallback(
    (index: number, wish: HunkPick): void => {
      const { resolution: before, overruled: none, onKeep: keep } = now.current
      const held = picksIn(file) ?? picksOf(chunks, before)
      remember(file, before)
      const next = held.map((it, at) => (at === index ? (it === wish && !none ? null : wish) : it))
      setPicks(file, next)
      if (isComplete(next)) void keep({ kind: 'hunks', picks: next })
      else if (before !== null) void keep(null)
      if (next[index] !== null && box.current) goToOpen(box.current, index)
    },
    [file, chunks],
  )
  return (
    <div ref={box} className="conflict-cards">
      {placed.map((it, index) => (
        <ConflictCard
          key={index}
          placed={it}
          index={index}
          of={placed.length}
          file={file}
          overruled={overruled}
          names={names}
          onPick={pick}
        />
      ))}
      {text.kind === 'text' && (resolution === null || resolution.kind === 'hunks' || resolution.kind === 'text') && (
        <ResultOf {...{ chunks, file, resolution, onChoose, onTyping }} />
      )}
    </div>
  )
}

/** Apart from the cards, since every pick changes it. */
function ResultOf({
  chunks,
  file,
  ...rest
}: Pick<Props, 'file' | 'resolution' | 'onChoose' | 'onTyping'> & { chunks: Props['text']['chunks'] }) {
  const picks = usePicking(({ byFile }) => byFile[file]) ?? conflictsIn(chunks).map(() => null)
  return <Result chunks={chunks} picks={picks} {...rest} />
}
