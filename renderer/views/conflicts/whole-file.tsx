import type { ConflictContent, FileConflict, Resolution, SideName } from '../../../main/core/merge/conflicts.ts'
import { bytes as sizeOf } from '../../format.ts'
import { Button } from '../../parts/button.tsx'

interface Props {
  readonly conflict: FileConflict
  readonly resolution: Resolution | null
  /** Of each side, where there is no text to show. */
  readonly bytes: Readonly<Record<SideName, number | null>> | null
  readonly onChoose: (resolution: Resolution | null) => Promise<boolean>
}

const sides = [
  ['ours', 'Keep Yours'],
  ['theirs', 'Keep the Task’s'],
  ['base', 'Keep Base'],
] as const

const about: Readonly<Record<ConflictContent, string>> = {
  text: 'Or choose for the whole file.',
  'too-large': 'It is too large to edit here: choose for each conflict, or for the whole file.',
  binary: 'It is not text: choose which one to keep.',
  link: 'It is a symbolic link: choose which one to keep.',
  submodule: 'It is a submodule: choose which commit to keep.',
}

/** Choices that take a file as one side has it, or let it go. */
export function WholeFile({ conflict, resolution, bytes, onChoose }: Props) {
  const chosen = resolution?.kind === 'side' ? resolution.side : resolution?.kind === 'delete' ? 'delete' : null
  const toggle = (wish: Resolution, on: boolean) => () => void onChoose(on ? null : wish)
  return (
    <section className="card whole-file" aria-label="Whole file" data-conflict={bytes ? '' : undefined} tabIndex={-1}>
      <span className="grow small second">{about[conflict.content]}</span>
      {sides.map(
        ([side, word]) =>
          conflict.sides[side] && (
            <Button
              key={side}
              tiny
              data-stop
              icon={chosen === side ? 'check' : undefined}
              look={chosen === side ? 'primary' : undefined}
              aria-pressed={chosen === side}
              onClick={toggle({ kind: 'side', side }, chosen === side)}
            >
              {word}
              {bytes && bytes[side] !== null && ` (${sizeOf(bytes[side])})`}
            </Button>
          ),
      )}
      <Button
        tiny
        data-stop
        icon={chosen === 'delete' ? 'check' : undefined}
        look={chosen === 'delete' ? 'primary' : 'danger'}
        aria-pressed={chosen === 'delete'}
        onClick={toggle({ kind: 'delete' }, chosen === 'delete')}
      >
        Delete File
      </Button>
    </section>
  )
}
