import { sentAgain } from './message.ts'
import { usageSoFar } from './parking.ts'
import type { Task, TaskEvent } from './task.ts'

type Continued = Extract<TaskEvent, { type: 'continued' }>

/**
 * A task that has ended and goes on: it waits as one that is parked until now. Its former end is none any more, and what it took so far
 * counts on. Commits that a person decided against stay decided: whatever comes with them waits for a review. Pure.
 */
export function continuedTask(task: Task, { at, text, owner, caps }: Continued, seq: number): Task {
  const { result, work, merge, accepted, parkings } = task
  const parking = {
    reason: { code: 'interrupted', message: 'The task was continued', hint: 'It goes on as soon as a slot is free' },
    until: at,
    usage: usageSoFar(task),
    text,
  } as const
  return {
    ...withoutMachine(task),
    ...(owner !== undefined && { owner }),
    ...(caps && { caps }),
    ...(wasDecidedAgainst(task) && { mergePolicy: { kind: 'review' } }),
    state: { phase: 'parked', parking },
    parkings: [...parkings, parking],
    messages: sentAgain(task.messages),
    former: { seq, result, work, merge, accepted },
    ...{ result: null, work: null, merge: null, accepted: null, finishedAt: null, announcedSeq: null },
  }
}

/** Rejected as a whole, in favour of another attempt, or in part by the choice of the others. */
export const wasDecidedAgainst = ({ merge, accepted }: Pick<Task, 'merge' | 'accepted'>): boolean =>
  (merge?.kind === 'unmerged' && (merge.reason === 'rejected' || merge.reason === 'not_chosen')) ||
  accepted?.only !== undefined

/** A task that goes on does so in a machine of its own: nothing is known of that one yet. Pure. */
export const withoutMachine = ({ guestImage: _former, ...task }: Task): Task => ({
  ...task,
  machine: null,
  machineStartedAt: null,
  machineWaitedMs: 0,
  agentStartedAt: null,
  stopReason: null,
  exit: null,
})

/** At the end of a task that was continued and came to no machine: its clone is as it was, so what was known of its work is still so. Pure. */
export function withFormerEnd(task: Task): Task {
  const { former, machine, exit, work } = task
  if (former === null || machine !== null || exit !== null || work !== null) return task
  const { seq: _seq, ...known } = former
  return { ...task, ...known }
}

/** Whether files that its agent left uncommitted are on the branch, as a commit that its clone does not have. Pure. */
export const leftMergedFiles = ({ work, merge }: Pick<Task, 'work' | 'merge'>): boolean =>
  work?.wip === true && merge?.kind === 'merged'
