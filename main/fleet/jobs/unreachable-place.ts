import { AppError } from '../../core/failure.ts'
import { type NewPlace, wayTo } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { lastLine } from '../../lib/last-line.ts'

/** @param said what the program that was to reach it wrote to its standard error. */
export function unreachablePlace(place: NewPlace, said: string): AppError {
  const why = singleLineText(lastLine(said)).slice(0, 300)
  return new AppError(
    'place-unreachable',
    `The place ${place.name} (${wayTo(place)}) cannot be reached${why && `: ${why}`}`,
    { hint: `Run: microvm-orchestrator places doctor ${place.name}` },
  )
}
