import { memo, type ReactNode } from 'react'
import type { HunkPick, SideName } from '../../../main/core/merge/conflicts.ts'
import { codeOf } from '../../diff/code.tsx'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { usePicking } from '../../stores/conflict-picks.ts'
import { linesOfSide, type PlacedConflict, pickWords } from './conflict-model.ts'

interface Props {
  readonly placed: PlacedConflict
  readonly index: number
  readonly of: number
  /** See `fileKey`. */
  readonly file: string
  /** Something else was chosen for the whole file, so that no pick holds. */
  readonly overruled: boolean
  readonly names: Readonly<Record<SideName, string>>
  readonly onPick: (index: number, pick: HunkPick) => void
}

const sides = [
  ['base', 'Base'],
  ['ours', 'Yours'],
  ['theirs', 'Task'],
] as const
const others = [
  ['ours-theirs', 'Yours, then Task'],
  ['theirs-ours', 'Task, then Yours'],
  ['neither', 'Neither'],
] as const

/** Pressed on a card. */
const keys: Readonly<Record<string, HunkPick>> = {
  '1': 'base',
  '2': 'ours',
  '3': 'theirs',
  '4': 'ours-theirs',
  '5': 'theirs-ours',
  '0': 'neither',
}

/** One conflict: its three sides beside each other, with the lines around them, and what can be taken of them. */
export const ConflictCard = memo(function ConflictCard({ placed, index, of, file, overruled, names, onPick }: Props) {
  const picked = usePicking(({ byFile }) => byFile[file]?.[index] ?? null)
  const pick = overruled ? null : picked
  const name = `Conflict ${index + 1} of ${of}`
  return (
    <section
      className="card conflict"
      aria-label={name}
      data-conflict
      data-open={pick === null ? '' : undefined}
      tabIndex={-1}
      aria-keyshortcuts={Object.keys(keys).join(' ')}
      onKeyDown={(event) => {
        const wish = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
        if (wish) onPick(index, wish)
      }}
    >
      <header>
        <b>{name}</b>
        <span className={`chip ${pick ? 'good' : 'warn'}`}>
          <Icon name={pick ? 'check' : 'needs'} />
          {pick ? `Takes ${pickWords[pick]}` : 'Choose one'}
        </span>
        <span className="grow" />
        {others.map(([wish, word]) => (
          <Button
            key={wish}
            tiny
            data-stop
            look={pick === wish ? 'primary' : 'plain'}
            aria-pressed={pick === wish}
            onClick={() => onPick(index, wish)}
          >
            {word}
          </Button>
        ))}
      </header>
      <div className="sides">
        {sides.map(([side, word]) => (
          <div key={side} className="side-of" data-side={side} data-chosen={pick === side}>
            <div className="side-head">
              <b>{word}</b>
              <span className="mono second cut grow" title={names[side]}>
                {names[side]}
              </span>
              <Button
                tiny
                data-stop
                icon={pick === side ? 'check' : undefined}
                look={pick === side ? 'primary' : undefined}
                aria-pressed={pick === side}
                label={`${pick === side ? 'Used' : 'Use'} ${word}`}
                onClick={() => onPick(index, side)}
              >
                {pick === side ? 'Used' : 'Use'}
              </Button>
            </div>
            <Lines placed={placed} side={side} />
          </div>
        ))}
      </div>
    </section>
  )
})

/** The lines of a side between those that merged by themselves. */
function Lines({ placed: { conflict, lines, before, after }, side }: { placed: PlacedConflict; side: SideName }) {
  const first = lines?.[side] ?? null
  const mine = linesOfSide(conflict.base, conflict[side])
  const numbered = (offset: number): number | null => (first === null ? null : first + offset)
  return (
    <>
      {before.map((text, at) => (
        <Line key={`before ${at}`} number={numbered(at - before.length)} look="around">
          {codeOf({ text, mark: null })}
        </Line>
      ))}
      {mine.length === 0 && <p className="small third nothing">No lines</p>}
      {mine.map((line, at) => (
        <Line key={at} number={numbered(at)} look={line.kind === '+' ? 'changed' : ''}>
          {codeOf(line)}
        </Line>
      ))}
      {after.map((text, at) => (
        <Line key={`after ${at}`} number={numbered(mine.length + at)} look="around">
          {codeOf({ text, mark: null })}
        </Line>
      ))}
    </>
  )
}

function Line({ number, look, children }: { number: number | null; look: string; children: ReactNode }) {
  return (
    <div className={`side-line ${look}`}>
      {number !== null && <span className="at">{number}</span>}
      <code>{children}</code>
    </div>
  )
}
