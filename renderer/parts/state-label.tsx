import type { RowState } from '../../preload/live-state.ts'
import { Icon } from './icon.tsx'
import { lookOf, phaseNumber, phaseWords } from './states.ts'

export function StateLabel({ state }: { state: RowState }) {
  const { icon, word, tone } = lookOf(state)
  return (
    <span className={`state ${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

export function StateChip({ state }: { state: RowState }) {
  const { icon, word, tone } = lookOf(state)
  const files = state.phase === 'finished' && state.fileCount > 0 ? `, ${state.fileCount} files` : ''
  return (
    <span className={`chip ${tone}`}>
      <Icon name={icon} />
      {word}
      {files.replace(', 1 files', ', 1 file')}
    </span>
  )
}

/** Which of the five phases it is in. */
export function Phases({ state, short }: { state: RowState; short?: boolean }) {
  if (!(state.phase in phaseNumber)) return null
  const now = phaseNumber[state.phase as keyof typeof phaseNumber]
  const dull = state.phase === 'stopping' ? 'dull' : ''
  const word = phaseWords[now - 1] ?? ''
  return (
    <span
      className={`phases ${short ? 'short' : ''} ${dull}`}
      role="img"
      aria-label={`Phase ${now} of 5: ${word}`}
      title={`${word} (${now} of 5)`}
    >
      {phaseWords.map((phase, index) => (
        <i key={phase} className={index + 1 < now ? 'done' : index + 1 === now ? 'now' : ''} />
      ))}
    </span>
  )
}
