/** A task that was asked for. `number` counts them over all repositories, from 1, and names what the task is to leave. */
export interface Asked {
  readonly id: string
  /** Alias. */
  readonly repo: string
  readonly number: number
}

/** How a task ended, as a client was told. */
export interface Told {
  readonly taskId: string
  readonly type: 'completed' | 'failed'
  /** Why it failed, or why what it did is not on the branch. */
  readonly reason: string | null
}

/** What is found of a task's work where it must be. */
export interface Found {
  /** Its file is on its repository's branch, word for word. */
  readonly onBranch: boolean
  /** How many commits of the branch add its file. */
  readonly commits: number
  /** The branch has the commit that its agent was to make; else the orchestrator made one of what the agent had left. */
  readonly byAgent: boolean
  /** Its file is in its clone: there was work. */
  readonly inClone: boolean
  /** Its file is at `refs/tasks/ID`. */
  readonly atRef: boolean
}

export interface Books {
  readonly asked: readonly Asked[]
  /** Ends in the order in which a waiting client was told. */
  readonly told: readonly Told[]
  /** The task of each line of the event log. */
  readonly logged: readonly string[]
  /** By the task's id. */
  readonly found: ReadonlyMap<string, Found>
}

export interface Verdict {
  /** Ids of the tasks of which nothing more need be said: completed, with the commit of their agent on the branch. */
  readonly well: readonly string[]
  /** Tasks that completed, and whose work is on the branch, once. */
  readonly completed: number
  /** Each of those whose agent committed nothing, so that its work came in a commit of the orchestrator. */
  readonly uncommitted: readonly string[]
  /** Each that failed, with its reason and where its work is: no fault of the books. */
  readonly failed: readonly string[]
  /** What must not be, one sentence each. */
  readonly amiss: readonly string[]
  /** Of how many tasks something is amiss. */
  readonly lost: number
}

export const fileOf = (number: number): string => `soak-${number}.md`
export const contentOf = (number: number): string => `Task ${number} of the soak.\n`
export const subjectOf = (number: number): string => `Add ${fileOf(number)}`
export const scriptOf = (number: number): string => `soak-${number}`

/** Whether each task was told of once and left its work where it belongs. Pure. */
export function audit({ asked, told, logged, found }: Books): Verdict {
  const well: string[] = []
  const uncommitted: string[] = []
  const failed: string[] = []
  const amiss: { readonly id: string; readonly what: string }[] = []
  for (const { id, repo, number } of asked) {
    const name = `task ${number} (${id} in ${repo})`
    const ends = told.filter(({ taskId }) => taskId === id)
    const lines = logged.filter((taskId) => taskId === id).length
    const wrong = (what: string) => amiss.push({ id, what: `${name} ${what}` })
    if (ends.length !== 1) wrong(`was told of ${times(ends.length)}`)
    if (lines !== 1) wrong(`is in the event log ${times(lines)}`)
    const [end] = ends
    const work = found.get(id)
    if (end?.type === 'completed') {
      const reason = end.reason === null ? '' : `: ${end.reason}`
      if (!work?.onBranch) wrong(`completed, and its file is not on the branch${reason}`)
      else if (work.commits !== 1) wrong(`completed, and its file was added to the branch ${times(work.commits)}`)
      else if (!work.byAgent)
        uncommitted.push(`${name} left its work uncommitted, and it is on the branch all the same`)
      else well.push(id)
    }
    if (end?.type === 'failed') {
      const where = work?.atRef
        ? `its work is at refs/tasks/${id}`
        : work?.inClone
          ? 'its work is lost'
          : 'it left no work'
      failed.push(`${name} failed: ${end.reason ?? 'without a reason'}; ${where}`)
    }
    if (end?.type !== 'completed' && work?.inClone && !work.atRef) wrong('left work that is not at its ref')
  }
  const known = new Set(asked.map(({ id }) => id))
  for (const id of new Set([...told.map(({ taskId }) => taskId), ...logged])) {
    if (!known.has(id)) amiss.push({ id, what: `task ${id} ended and nobody asked for it` })
  }
  return {
    well,
    completed: well.length + uncommitted.length,
    uncommitted,
    failed,
    amiss: amiss.map(({ what }) => what),
    lost: new Set(amiss.map(({ id }) => id)).size,
  }
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
