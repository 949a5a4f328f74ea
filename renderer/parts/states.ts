import type { FailureCode } from '../../main/core/failure.ts'
import type { UnmergedReason } from '../../main/core/merge/merge.ts'
import { unreachable } from '../../main/core/unreachable.ts'
import type { RowState, TaskRow } from '../../preload/live-state.ts'
import type { IconName } from './icon.tsx'

export {
  isConflict,
  isRunning,
  isToChoose,
  isToReview,
  isUnmerged,
  isWaiting,
  needing,
  waitsForWord,
} from '../../preload/task-needs.ts'

type Tone = 'plain' | 'live' | 'good' | 'warn' | 'bad'

/** How a state looks: never by colour alone. */
export interface Look {
  readonly icon: IconName
  readonly word: string
  readonly tone: Tone
}

type Finished = Extract<RowState, { phase: 'finished' }>

export function lookOf(state: RowState): Look {
  switch (state.phase) {
    case 'queued':
      return { icon: 'clock', word: 'Waiting', tone: 'plain' }
    case 'parked':
      return { icon: 'pause', word: 'Parked', tone: 'plain' }
    case 'cloning':
      return { icon: 'clone', word: 'Cloning', tone: 'plain' }
    case 'booting':
      return { icon: 'boot', word: 'Booting', tone: 'plain' }
    case 'working':
      return { icon: 'work', word: 'Working', tone: 'live' }
    case 'waiting':
      return { icon: 'say', word: 'Waits for you', tone: 'warn' }
    case 'stopping':
      return { icon: 'stopping', word: 'Stopping', tone: 'plain' }
    case 'merging':
      return { icon: 'merge', word: 'Merging', tone: 'live' }
    case 'finished':
      return lookOfEnd(state)
    default:
      return unreachable(state)
  }
}

function lookOfEnd({ outcome, reason }: Finished): Look {
  switch (outcome) {
    case 'merged':
      return { icon: 'pass', word: 'Merged', tone: 'good' }
    case 'unchanged':
      return { icon: 'pass', word: 'No changes', tone: 'plain' }
    case 'unmerged':
      return reason !== null && reason in unmerged ? unmerged[reason as UnmergedReason] : unmerged.fetch_failed
    case 'failed':
      return reason !== null && limits.has(reason)
        ? { icon: 'stopping', word: 'At its limit', tone: 'bad' }
        : { icon: 'fail', word: 'Failed', tone: 'bad' }
    case 'cancelled':
      return { icon: 'stopping', word: 'Stopped', tone: 'plain' }
    default:
      return unreachable(outcome)
  }
}

const limits: ReadonlySet<FailureCode | UnmergedReason> = new Set(['timed-out', 'cost-limit', 'token-limit', 'silent'])

const unmerged: Readonly<Record<UnmergedReason, Look>> = {
  conflicts: { icon: 'merge', word: 'Conflicts', tone: 'warn' },
  local_changes: { icon: 'pencil', word: 'Local changes', tone: 'warn' },
  operation_in_progress: { icon: 'branch', word: 'Branch is busy', tone: 'warn' },
  checkout_failed: { icon: 'fail', word: 'Checkout failed', tone: 'bad' },
  names_collide: { icon: 'pencil', word: 'Names collide', tone: 'warn' },
  branch_gone: { icon: 'branch', word: 'Branch gone', tone: 'warn' },
  detached_head: { icon: 'branch', word: 'No branch', tone: 'warn' },
  branch_moved: { icon: 'branch', word: 'Branch moved', tone: 'warn' },
  merge_commits: { icon: 'merge', word: 'Merge commits', tone: 'warn' },
  fetch_failed: { icon: 'fail', word: 'Not imported', tone: 'bad' },
  timed_out: { icon: 'clock', word: 'Merge timed out', tone: 'warn' },
  awaiting_review: { icon: 'merge', word: 'To review', tone: 'warn' },
  check_failed: { icon: 'fail', word: 'Check failed', tone: 'bad' },
  rejected: { icon: 'fail', word: 'Rejected', tone: 'warn' },
  withdrawn: { icon: 'stopping', word: 'Taken out', tone: 'plain' },
  operation_left: { icon: 'merge', word: 'Left unfinished', tone: 'warn' },
  held_paths: { icon: 'merge', word: 'Held: may run by itself', tone: 'warn' },
  awaiting_choice: { icon: 'merge', word: 'To choose', tone: 'warn' },
  not_chosen: { icon: 'pass', word: 'Not chosen', tone: 'plain' },
  task_failed: { icon: 'fail', word: 'Failed', tone: 'bad' },
}

/** From 1 to 5: clone, boot, work, save, merge. */
export const phaseNumber: Readonly<Record<Exclude<RowState['phase'], 'queued' | 'parked' | 'finished'>, number>> = {
  cloning: 1,
  booting: 2,
  working: 3,
  waiting: 3,
  stopping: 4,
  merging: 5,
}
export const phaseWords = ['Clone', 'Boot', 'Work', 'Save', 'Merge'] as const

/** A few words on the end, for a table. */
export function resultText({ state, ref }: TaskRow): string {
  if (state.phase !== 'finished') return ''
  const kept = ref === null ? '' : 'work kept'
  switch (state.outcome) {
    case 'merged':
    case 'unchanged':
      return state.detail
    case 'unmerged':
      return state.fileCount > 0 ? `${state.fileCount} ${state.fileCount === 1 ? 'file' : 'files'}, ${kept}` : kept
    case 'failed':
    case 'cancelled':
      return [state.detail, kept].filter(Boolean).join(', ')
    default:
      return unreachable(state.outcome)
  }
}
