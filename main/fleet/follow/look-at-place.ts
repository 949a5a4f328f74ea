import type { Task } from '../../core/task/task.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import type { ToldClone } from '../../tasks/run/task-run.ts'
import { lastCheckpoint } from '../brought-files.ts'
import type { Looked } from './looks.ts'
import type { VisitedPlaces } from './visited.ts'

/** How long a place may take to read a clone and to send what is new of it. */
const lookMs = 60_000

/** Asks the keeper of a task what its clone holds, and where it does not answer, or with what did not come, says what came last. */
export async function lookAtPlace(
  task: Task,
  visited: VisitedPlaces,
  signal: AbortSignal,
): Promise<ToldClone | undefined> {
  const files = filesOf(task)
  const at = new Date().toISOString()
  const seen = await withinTime(visited.get(task.id)?.look(), AbortSignal.any([signal, AbortSignal.timeout(lookMs)]))
  signal.throwIfAborted()
  const last = await lastCheckpoint(files)
  const notes = seen?.notes.map((note) => singleLineText(note)) ?? []
  if (seen && seen.commit === task.startCommit) return { commit: seen.commit, pack: null, at, notes }
  if (seen && seen.commit === last?.commit) return { ...last, at, notes }
  return (
    last && { ...last, notes: [`The place ${task.place?.name} does not answer at this moment: this is what came last`] }
  )
}

async function withinTime(looked: Promise<Looked | null> | undefined, signal: AbortSignal): Promise<Looked | null> {
  if (!looked) return null
  const { promise: over, resolve } = Promise.withResolvers<null>()
  const onAbort = (): void => resolve(null)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) return null
    return await Promise.race([looked, over])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
