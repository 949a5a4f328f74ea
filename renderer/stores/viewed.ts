import { create } from 'zustand'

/** Files of a task's work that were marked as seen: those of one commit of it, since the next one may change them. */
interface Viewed {
  readonly commit: string
  readonly paths: readonly string[]
}

type AllViewed = Readonly<Record<string, Viewed>>

const key = 'viewed'
/** Marks of older reviews are forgotten. */
const keptTasks = 50

export const useViewed = create<{ readonly all: AllViewed }>(() => ({ all: stored() }))

const none: ReadonlySet<string> = new Set()

export function viewedOf(all: AllViewed, task: string, commit: string): ReadonlySet<string> {
  const viewed = all[task]
  return viewed?.commit === commit ? new Set(viewed.paths) : none
}

export function setViewed(task: string, commit: string, path: string, on: boolean): void {
  useViewed.setState(({ all }) => {
    const paths = new Set(viewedOf(all, task, commit))
    if (on) paths.add(path)
    else paths.delete(path)
    const { [task]: _, ...others } = all
    const kept = [...Object.entries(others), [task, { commit, paths: [...paths] }] as const].slice(-keptTasks)
    return { all: Object.fromEntries(kept) }
  })
  globalThis.localStorage?.setItem(key, JSON.stringify(useViewed.getState().all))
}

/** Whatever another version kept there: what is no mark counts as not kept. */
function stored(): AllViewed {
  try {
    const kept: unknown = JSON.parse(globalThis.localStorage?.getItem(key) ?? '{}')
    return Object.fromEntries(
      Object.entries(kept ?? {}).filter((entry): entry is [string, Viewed] => isViewed(entry[1])),
    )
  } catch {
    return {}
  }
}

function isViewed(value: unknown): boolean {
  const { commit, paths } = (value ?? {}) as Partial<Record<keyof Viewed, unknown>>
  return typeof commit === 'string' && Array.isArray(paths) && paths.every((path) => typeof path === 'string')
}
