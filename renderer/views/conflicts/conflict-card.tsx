import type { Chunk, HunkPick, SideName } from '../../../main/core/merge/conflicts.ts'
import { codeOf } from '../../diff/code.tsx'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { linesOfSide, pickWords } from './conflict-model.ts'

interface Props {
  readonly conflict: Extract<Chunk, { kind: 'conflict' }>
  readonly number: number
  readonly of: number
  readonly pick: HunkPick | null
  readonly names: Readonly<Record<SideName, string>>
  readonly onPick: (pick: HunkPick) => void
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

/** One conflict: its three sides beside each other, and what can be taken of them. */
export function ConflictCard({ conflict, number, of, pick, names, onPick }: Props) {
  const name = `Conflict ${number} of ${of}`
  return (
    <section
      className="card conflict"
      aria-label={name}
      data-conflict
      tabIndex={-1}
      aria-keyshortcuts={Object.keys(keys).join(' ')}
      onKeyDown={(event) => {
        const wish = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
        if (wish) onPick(wish)
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
            onClick={() => onPick(wish)}
          >
            {word}
          </Button>
        ))}
      </header>
      <div className="sides">
        {sides.map(([side, word]) => (
          <div key={side} className="side-of" data-chosen={pick === side}>
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
                onClick={() => onPick(side)}
              >
                {pick === side ? 'Used' : 'Use'}
              </Button>
            </div>
            <Lines base={conflict.base} text={conflict[side]} />
          </div>
        ))}
      </div>
    </section>
  )
}

function Lines({ base, text }: { base: string; text: string }) {
  if (text === '') return <p className="small third nothing">No lines</p>
  return linesOfSide(base, text).map((line, index) => (
    <div key={index} className={line.kind === '+' ? 'side-line changed' : 'side-line'}>
      <code>{codeOf(line)}</code>
    </div>
  ))
}
