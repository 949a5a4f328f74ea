import { unreachable } from '../unreachable.ts'

/** What a task's work is once it was put onto a commit. */
export type Prepared =
  /** It is the commit, whose files are the tree. */
  | { readonly kind: 'ready'; readonly commit: string; readonly tree: string }
  /** Nothing of it comes onto that commit: it collides, or is there already. */
  | { readonly kind: 'settled' }

/** What is known of the check of a tree. `broken`: it could not be run. */
export type Checked = 'running' | 'green' | 'red' | 'broken'

/** All that decides what happens next at one branch. Ids are those of tasks, in the order in which they came. */
export interface LandingFacts {
  /** The commit that the branch is at. */
  readonly tip: string
  readonly queue: readonly string[]
  /** How many of the queue are looked at ahead, one at least. */
  readonly ahead: number
  /** The work of a task on a commit; undefined where that was not made yet. */
  readonly prepared: (id: string, onto: string) => Prepared | undefined
  /** The check of a tree by the rules of a task; undefined where it was not asked for. */
  readonly checked: (id: string, tree: string) => Checked | undefined
  /** Whether its user does not want it to land any more. */
  readonly withdrawn: (id: string) => boolean
}

export type LandingAct =
  /** Put its work onto the commit; the answer may change all that comes after. */
  | { readonly kind: 'prepare'; readonly id: string; readonly onto: string }
  | { readonly kind: 'check'; readonly id: string; readonly commit: string; readonly tree: string }
  /** Move the branch from its tip to the commit, whose tree was checked. */
  | { readonly kind: 'land'; readonly id: string; readonly commit: string; readonly tree: string }
  /** Take it out: the check of its work on the branch as it is did not succeed. */
  | { readonly kind: 'eject'; readonly id: string; readonly tree: string }
  /** Take it out: nothing of it comes onto the branch as it is. */
  | { readonly kind: 'settle'; readonly id: string }
  /** Take it out, wherever it stands: its user does not want it to land any more. */
  | { readonly kind: 'withdraw'; readonly id: string }

export interface LandingPlan {
  readonly acts: readonly LandingAct[]
  /** By task the tree that is of use to it, with how many others that are not on the branch yet are below it. Checks of others are not. */
  readonly wanted: ReadonlyMap<string, { readonly tree: string; readonly below: number }>
  /** Whether nothing has to be prepared first, so that `wanted` is all. */
  readonly isComplete: boolean
}

/**
 * What happens next with works that wait for one branch. Each is put on top of those before it that may still land; one whose check did not
 * succeed there, or which collides there, is left out of what the next ones stand on, and is judged itself once all before it are over: then
 * it stands on the branch as it is. So the branch moves only by one work at a time, to a tree whose check succeeded, and nothing overtakes. What its
 * user withdraws leaves before anything else happens, and is below nothing any more. Pure.
 */
export function nextActs({ tip, queue, ahead, prepared, checked, withdrawn }: LandingFacts): LandingPlan {
  const leaving = queue.find(withdrawn)
  if (leaving !== undefined) return { acts: [{ kind: 'withdraw', id: leaving }], wanted: new Map(), isComplete: false }
  const acts: LandingAct[] = []
  const wanted = new Map<string, { tree: string; below: number }>()
  let head = tip
  let below = 0
  for (const id of queue.slice(0, Math.max(1, ahead))) {
    const work = prepared(id, head)
    if (!work) return { acts: [...acts, { kind: 'prepare', id, onto: head }], wanted, isComplete: false }
    const isNext = head === tip
    if (work.kind === 'settled') {
      if (isNext) acts.push({ kind: 'settle', id })
      continue
    }
    const { commit, tree } = work
    const state = checked(id, tree)
    switch (state) {
      case 'red':
      case 'broken':
        if (isNext) acts.push({ kind: 'eject', id, tree })
        continue
      case 'green':
        if (isNext) acts.push({ kind: 'land', id, commit, tree })
        break
      case undefined:
        acts.push({ kind: 'check', id, commit, tree })
        wanted.set(id, { tree, below })
        break
      case 'running':
        wanted.set(id, { tree, below })
        break
      default:
        return unreachable(state)
    }
    head = commit
    below += 1
  }
  return { acts, wanted, isComplete: true }
}
