/** So many of the newest ends are in every snapshot. */
const recentEnds = 500
const dayMs = 24 * 60 * 60_000

interface Ending {
  /** ISO 8601, UTC; null before the end. */
  readonly finishedAt: string | null
}

/**
 * Those of all rows that a window always has, as `wantedAmong` says it of tasks, in their order: what has not ended, what waits for the user, what ended within a day, and
 * the newest ends. History asks for the others. Pure.
 */
export function recentTasks<Task extends Ending>(
  all: readonly Task[],
  waitsForUser: (task: Task) => boolean,
  nowMs: number,
): readonly Task[] {
  const ends = all.filter(({ finishedAt }) => finishedAt !== null).sort(byEnd)
  const newest = new Set(ends.slice(-recentEnds))
  const yesterday = new Date(nowMs - dayMs).toISOString()
  return all.filter(
    (task) => task.finishedAt === null || task.finishedAt >= yesterday || newest.has(task) || waitsForUser(task),
  )
}

const byEnd = (one: Ending, other: Ending): number => {
  const [first, second] = [one.finishedAt ?? '', other.finishedAt ?? '']
  return first < second ? -1 : first > second ? 1 : 0
}
