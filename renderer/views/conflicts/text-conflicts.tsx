import { useState } from 'react'
import type { ConflictText, HunkPick, Resolution, SideName } from '../../../main/core/merge/conflicts.ts'
import { ConflictCard } from './conflict-card.tsx'
import { conflictsIn, isComplete, type Picks, picksOf } from './conflict-model.ts'
import { Result } from './result.tsx'

interface Props {
  readonly text: Extract<ConflictText, { chunks: unknown }>
  readonly resolution: Resolution | null
  /** What each side is called beside its word. */
  readonly names: Readonly<Record<SideName, string>>
  readonly onChoose: (resolution: Resolution | null) => Promise<boolean>
  readonly onTyping: (typing: boolean) => void
}

/** A pick for each conflict; once all are picked, the host keeps them. */
export function TextConflicts({ text, resolution, names, onChoose, onTyping }: Props) {
  const { chunks } = text
  const [picks, setPicks] = useState<Picks>(() => picksOf(chunks, resolution))
  const conflicts = conflictsIn(chunks)
  const overruled = resolution !== null && resolution.kind !== 'hunks'
  const pick = (index: number) => (wish: HunkPick) => {
    const next = picks.map((held, at) => (at === index ? (held === wish && !overruled ? null : wish) : held))
    setPicks(next)
    if (isComplete(next)) void onChoose({ kind: 'hunks', picks: next })
    else if (resolution !== null) void onChoose(null)
  }
  return (
    <>
      {conflicts.map((conflict, index) => (
        <ConflictCard
          key={index}
          conflict={conflict}
          number={index + 1}
          of={conflicts.length}
          pick={overruled ? null : (picks[index] ?? null)}
          names={names}
          onPick={pick(index)}
        />
      ))}
      {text.kind === 'text' && (resolution === null || resolution.kind === 'hunks' || resolution.kind === 'text') && (
        <Result chunks={chunks} picks={picks} resolution={resolution} onChoose={onChoose} onTyping={onTyping} />
      )}
    </>
  )
}
