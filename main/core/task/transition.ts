import type { MergeOutcome } from '../merge/merge.ts'
import { unreachable } from '../unreachable.ts'
import { continuedTask, withFormerEnd, withoutMachine } from './continued-task.ts'
import { keptForLater, lostAtEnd, withReceipts } from './message.ts'
import { type ActivePhase, slotOf, type Task, type TaskEvent, type TaskIdentity, type TaskState } from './task.ts'
import { mayWait } from './waits-for-user.ts'

/** A task as its first event leaves it. */
export function newTask(identity: TaskIdentity, home: string): Task {
  return {
    ...identity,
    home,
    state: { phase: 'queued' },
    chosenBase: null,
    startCommit: null,
    branch: null,
    node: null,
    machine: null,
    machineStartedAt: null,
    machineWaitedMs: 0,
    exit: null,
    stopReason: null,
    result: null,
    work: null,
    merge: null,
    accepted: null,
    chosen: false,
    agentStartedAt: null,
    notes: [],
    messages: [],
    waits: 0,
    parkings: [],
    former: null,
    finishedAt: null,
    announcedSeq: null,
  }
}

/** An event that cannot follow the state it meets: a defect of ours, or a damaged record. */
export class TransitionError extends Error {
  override readonly name = 'TransitionError'
}

/**
 * The task after the event. Pure.
 * @throws TransitionError when the event cannot follow the task's state.
 */
export function transition(task: Task, event: TaskEvent): Task {
  if (event.type === 'noted') return { ...task, notes: [...task.notes, event.note] }
  if (task.state.phase === 'finished') return afterEnd({ ...task, state: task.state }, event)
  switch (event.type) {
    case 'created':
      throw new TransitionError(`Task ${task.id} was created twice`)
    case 'base-chosen':
      if (task.state.phase !== 'queued') throw new TransitionError(`Task ${task.id} has started already`)
      return { ...task, chosenBase: event.base }
    case 'slot-leased':
      if (task.state.phase === 'parked')
        return { ...withoutMachine(task), state: { phase: 'booting', slot: event.slot } }
      if (task.state.phase !== 'queued') throw new TransitionError(`Task ${task.id} has a slot already`)
      return { ...task, state: { phase: 'cloning', slot: event.slot } }
    case 'cloned':
      return { ...task, startCommit: event.startCommit, branch: event.branch, state: withClone(task) }
    case 'machine-started':
      return {
        ...withImage(withoutPreparation(task), event.machine.image),
        machine: event.machine,
        machineStartedAt: event.at,
        machineWaitedMs: event.waitedMs ?? 0,
        state: active(task, 'booting'),
      }
    case 'placed':
      return placed(task, event.node)
    case 'brought-along':
      return { ...task, parkings: event.parkings, messages: event.messages }
    case 'machine-started-there':
      return { ...withImage(task, event.image), machineStartedAt: event.at, state: active(task, 'booting') }
    case 'agent-started':
      return { ...task, agentStartedAt: event.at, state: active(task, 'working') }
    case 'environment-preparing':
    case 'environment-ready':
      return withPreparation(task, event)
    case 'message-sent':
      if (!isReachable(task))
        throw new TransitionError(`The agent of task ${task.id} has no time left to read anything`)
      return withMessage(task, event)
    case 'agent-waits': {
      if (task.state.phase !== 'working' || !mayWait(task)) return task
      const { at: since, until, said } = event
      return { ...task, waits: task.waits + 1, state: { phase: 'waiting', slot: task.state.slot, since, until, said } }
    }
    case 'agent-works':
      return atWork(task)
    case 'messages-read':
      return { ...task, messages: withReceipts(task.messages, event.ids, event.as) }
    case 'stop-requested':
      // The first reason holds: what comes while that is being written, from a place for one, tells of the same stop.
      return { ...task, stopReason: task.stopReason ?? event.reason, state: active(task, 'stopping') }
    case 'machine-exited':
      return { ...task, exit: event.exit, state: active(task, 'merging') }
    case 'result-read':
      return { ...task, result: event.result }
    case 'salvaged':
      return { ...task, work: event.work, merge: null, state: active(task, 'merging') }
    case 'merge-tried':
      return {
        ...afterMerge(task, event),
        state: task.state.phase === 'parked' ? task.state : active(task, 'merging'),
      }
    case 'parked':
      active(task, 'merging')
      return {
        ...task,
        messages: keptForLater(task.messages),
        parkings: [...task.parkings, event.parking],
        state: { phase: 'parked', parking: event.parking },
      }
    case 'chosen':
      throw new TransitionError(`Task ${task.id} was chosen before its end`)
    case 'announced':
      throw new TransitionError(`Task ${task.id} was announced before its end`)
    case 'continued':
      throw new TransitionError(`Task ${task.id} was continued before its end`)
    case 'finished':
      return {
        ...withFormerEnd(task),
        messages: lostAtEnd(task.messages),
        finishedAt: event.at,
        state: {
          phase: 'finished',
          slot: slotOf(task.state),
          outcome: event.outcome,
        },
      }
    default:
      return unreachable(event)
  }
}

/** What can still happen to a task that has ended. @throws TransitionError for anything else. */
function afterEnd(task: Task & { readonly state: Finished }, event: TaskEvent): Task {
  // A merge can be tried again after the end (local changes committed, say).
  if (event.type === 'merge-tried')
    return { ...afterMerge(task, event), state: afterLateMerge(task.state, event.merge) }
  if (event.type === 'chosen') return { ...task, chosen: true }
  if (event.type === 'announced') return { ...task, announcedSeq: event.seq }
  if (event.type === 'continued' && task.announcedSeq !== null && task.startCommit !== null)
    return continuedTask(task, event, task.announcedSeq)
  // Its repository was gone at the end, and came back; or the place where it ran, with the rest of its work.
  if (event.type === 'salvaged' && (task.work === null || task.work.unsaved)) return { ...task, work: event.work }
  throw new TransitionError(`'${event.type}' cannot follow the end of task ${task.id}`)
}

/** Only an agent that runs can be interrupted: one that was not there yet, or is gone, has nothing to stop. */
function withMessage(task: Task, { at, message }: Extract<TaskEvent, { type: 'message-sent' }>): Task {
  const state = message.kind === 'interrupt' && !canBeInterrupted(task) ? 'lost' : 'queued'
  const told: Task = { ...task, messages: [...task.messages, { ...message, sentAt: at, state }] }
  return message.kind === 'text' ? atWork(told) : told
}

const atWork = (task: Task): Task =>
  task.state.phase === 'waiting' ? { ...task, state: { phase: 'working', slot: task.state.slot } } : task

/** Whether there is an agent that an interrupt could stop. */
export const canBeInterrupted = ({ state }: Pick<Task, 'state'>): boolean =>
  state.phase === 'working' || state.phase === 'waiting'

/** A fork brings its clone, which may come into its place while it waits. */
const withClone = (task: Task): TaskState =>
  task.fork && task.state.phase === 'queued' ? task.state : active(task, 'booting')

/** A place that was started again has another name perhaps; the task is as far as it was. */
function placed(task: Task, node: string): Task {
  if (!task.place) throw new TransitionError(`Task ${task.id} has no place`)
  switch (task.state.phase) {
    case 'queued':
      return { ...task, node, state: { phase: 'cloning', slot: null } }
    case 'parked':
      return { ...withoutMachine(task), node, state: { phase: 'booting', slot: null } }
    default:
      return { ...task, node }
  }
}

/** Whether its agent may still read what is said to it: it works, or will. */
export const isReachable = ({ state }: Pick<Task, 'state'>): boolean =>
  state.phase !== 'stopping' && state.phase !== 'merging' && state.phase !== 'finished'

/**
 * The fold of a whole record.
 * @throws TransitionError when the record does not start with its creation or an event cannot follow.
 */
export function foldTask(events: readonly TaskEvent[], home: string): Task {
  const [first, ...rest] = events
  if (first?.type !== 'created') throw new TransitionError("A task's record starts with its creation")
  return rest.reduce(transition, newTask(first.task, home))
}

function afterMerge(task: Task, { merge, accepted }: Extract<TaskEvent, { type: 'merge-tried' }>): Task {
  const isRejected = merge.kind === 'unmerged' && merge.reason === 'rejected'
  return { ...task, merge, accepted: isRejected ? null : (accepted ?? task.accepted) }
}

type Finished = Extract<TaskState, { phase: 'finished' }>
type Active = Extract<TaskState, { phase: ActivePhase }>

/** In the order in which a run goes through them. */
const phases: Readonly<Record<ActivePhase, number>> = { cloning: 0, booting: 1, working: 2, stopping: 3, merging: 4 }

/** A run never goes back: what is seen late (an agent that began just as its machine was stopped) is on record all the same. */
function active({ id, state }: Task, phase: ActivePhase): Active {
  if (!('slot' in state)) throw new TransitionError(`Task ${id} has no slot`)
  const { slot } = state
  if (state.phase === 'waiting') return { phase: phase === 'stopping' || phase === 'merging' ? phase : 'working', slot }
  const isLater = state.phase in phases && phases[state.phase as ActivePhase] > phases[phase]
  return { phase: isLater ? (state.phase as ActivePhase) : phase, slot }
}

function afterLateMerge(state: Finished, merge: MergeOutcome): Finished {
  if (merge.kind === 'merged') return { ...state, outcome: { kind: 'merged', merge } }
  // A failure stays one, whatever becomes of what it left.
  if (state.outcome.kind !== 'unmerged') return state
  return { ...state, outcome: merge.kind === 'unmerged' ? { kind: 'unmerged', merge } : { kind: 'unchanged' } }
}

function withPreparation(
  task: Task,
  event: Extract<TaskEvent, { type: 'environment-preparing' | 'environment-ready' }>,
): Task {
  const ms = task.preparation?.ms ?? 0
  const preparation = event.type === 'environment-ready' ? { since: null, ms: ms + event.ms } : { since: event.at, ms }
  return { ...task, preparation }
}

const withImage = ({ guestImage: _former, ...task }: Task, image: string | undefined): Task =>
  image === undefined ? task : { ...task, guestImage: image }

function withoutPreparation({ preparation: _former, ...task }: Task): Task {
  return task
}
