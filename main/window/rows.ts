import type { Activity, RequestOfRow, RowState, SlotRow, TaskRow } from '../../preload/live-state.ts'
import { countOf } from '../core/bounded-list.ts'
import { failureText } from '../core/failure.ts'
import { succeeded } from '../core/merge/check-report.ts'
import type { SlotId, TaskOutcome } from '../core/task/task.ts'
import { type TaskBrief, usageOf } from '../core/task/task-brief.ts'
import { waitingRef } from '../core/task/view.ts'
import { unreachable } from '../core/unreachable.ts'
import { visibleFormat, visibleLine, visibleText } from '../core/visible-text.ts'
import { singleLineText } from '../lib/guest/terminal-text.ts'
import type { RegisteredRepository, Tasks } from '../tasks/contract.ts'
import type { Place } from './queue-place.ts'
import { failureInWindow, inWindowWords } from './window-words.ts'

const titleLimit = 200
const filesShown = 20

export const titleOf = (description: string): string => {
  const [first = ''] = description.trimStart().split('\n', 1)
  return singleLineText(visibleFormat(first.slice(0, 2 * titleLimit))).slice(0, titleLimit)
}

/** What lists and cards show of a task. Pure. */
export function taskRow(task: TaskBrief, place: Place, live: Activity | null, request?: RequestOfRow): TaskRow {
  return {
    id: task.id,
    title: titleOf(task.description),
    repo: task.repo,
    state: rowState(task, place),
    ref: waitingRef(task),
    createdAt: task.createdAt,
    startedAt: task.agentStartedAt ?? task.machineStartedAt,
    finishedAt: task.finishedAt,
    live: task.state.phase === 'finished' ? null : live,
    usage: usageOf(task),
    ...(place.overlap && { overlap: place.overlap }),
    ...(task.after && { after: task.after }),
    ...(task.plan && { plan: task.plan }),
    ...attemptOf(task),
    ...(request && { request }),
    ...(task.place && { place: task.place.name }),
    ...(task.messages.length > 0 && { told: task.messages.map(({ state }) => state.charAt(0)).join('') }),
  }
}

/** Nothing for a task that is none of several. */
function attemptOf({ attempt, judges, agent, result, chosen, merge }: TaskBrief): Pick<TaskRow, 'attempt'> {
  if (judges !== undefined) return { attempt: { group: judges, as: 'judge', text: 'Judge of attempts' } }
  if (!attempt) return {}
  const check = result?.check && (succeeded(result.check) ? 'check succeeded' : 'check failed')
  const text = [`Attempt ${attempt.number} of ${attempt.of}`, agent?.model, check].filter(Boolean).join(', ')
  const isChosen = chosen === true || merge?.kind === 'merged'
  return { attempt: { group: attempt.group, as: isChosen ? 'chosen' : 'candidate', text } }
}

function rowState({ state }: TaskBrief, { landing, overlap: _, boots, ...place }: Place): RowState {
  const onItsWay = landing !== null && { landing }
  switch (state.phase) {
    case 'queued':
      return { phase: 'queued', ...place }
    case 'parked': {
      const { reason, until, text } = state.parking
      if (text !== undefined) return { phase: 'queued', ...place } // It was continued, and waits for nothing but a slot.
      return { phase: 'parked', until, detail: failureText(failureInWindow(reason)), position: place.position }
    }
    case 'booting':
      return { phase: 'booting', slot: state.slot, ...(boots !== null && { boots }) }
    case 'cloning':
    case 'working':
    case 'stopping':
      return { phase: state.phase, slot: state.slot }
    case 'merging':
      return { phase: 'merging', slot: state.slot, ...onItsWay }
    case 'waiting':
      return { phase: 'waiting', slot: state.slot, since: state.since, until: state.until }
    case 'finished':
      return { phase: 'finished', slot: state.slot, outcome: state.outcome.kind, ...ended(state.outcome), ...onItsWay }
    default:
      return unreachable(state)
  }
}

type Ended = Pick<Extract<RowState, { phase: 'finished' }>, 'reason' | 'detail' | 'files' | 'fileCount'>

const plain: Ended = { reason: null, detail: '', files: [], fileCount: 0 }

function ended(outcome: TaskOutcome): Ended {
  switch (outcome.kind) {
    case 'merged': {
      const { commits, branch } = outcome.merge
      return { ...plain, detail: `${commits} ${commits === 1 ? 'commit' : 'commits'} on ${singleLineText(branch)}` }
    }
    case 'unchanged':
      return { ...plain, detail: 'no commits' }
    case 'cancelled':
      return plain
    case 'unmerged': {
      const { reason, detail, files } = outcome.merge
      return {
        reason,
        detail: visibleText(inWindowWords(detail)),
        files: files.slice(0, filesShown).map(visibleLine),
        fileCount: countOf(outcome.merge),
      }
    }
    case 'failed':
      return {
        ...plain,
        reason: outcome.failure.code,
        detail: visibleText(failureText(failureInWindow(outcome.failure))),
      }
    default:
      return unreachable(outcome)
  }
}

/** The ten slots, for whom their disks are warm, and for whom a machine waits. */
export function slotRows(
  tasks: Pick<Tasks, 'slots' | 'warmSlot' | 'machinesAhead'>,
  repositories: readonly RegisteredRepository[],
): readonly SlotRow[] {
  const ahead = tasks.machinesAhead()
  const machineIn = (slot: SlotId, path: string) => ahead.some((one) => one.slot === slot && one.repoPath === path)
  return tasks.slots().map(({ slot, taskId }) => ({
    slot,
    taskId,
    warmFor: repositories.filter(({ path }) => tasks.warmSlot(path) === slot).map(({ alias }) => alias),
    machineFor: repositories.find(({ path }) => machineIn(slot, path))?.alias ?? null,
  }))
}
