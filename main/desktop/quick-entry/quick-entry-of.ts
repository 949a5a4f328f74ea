import type { QuickEntry } from '../../../preload/host.ts'
import type { Snapshot } from '../../../preload/live-state.ts'

/** What the panel offers in this state. Pure. */
export function quickEntryOf(snapshot: Pick<Snapshot, 'repositories' | 'tasks'> | undefined): QuickEntry {
  const repositories = (snapshot?.repositories ?? []).map(({ alias, branch, problem }) => ({ alias, branch, problem }))
  const newest = snapshot?.tasks.at(-1)?.repo
  return { repositories, usual: repositories.find(({ alias }) => alias === newest)?.alias ?? null }
}
