import type { TaskBrief } from './task-brief.ts'

/** How many tasks the line names; more are only counted. */
const namedLimit = 10

/** One line for a person who waits: `2 running: a1b2c3d4 working 03:12, 9f8e7d6c booting 00:04`. `now` in ms since the epoch. */
export function runningLine(tasks: readonly TaskBrief[], now: number): string {
  const unfinished = tasks.filter(({ state }) => state.phase !== 'finished')
  if (unfinished.length === 0) return 'nothing is running'
  const named = unfinished
    .slice(0, namedLimit)
    .map(({ id, state, createdAt }) => `${id} ${state.phase} ${clock(now - Date.parse(createdAt))}`)
  const more = unfinished.length > namedLimit ? `, and ${unfinished.length - namedLimit} more` : ''
  return `${unfinished.length} running: ${named.join(', ')}${more}`
}

/** `03:12`, or `1:03:12` from an hour on. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
