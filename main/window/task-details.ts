import type { TaskRow } from '../../preload/live-state.ts'
import type { Changes, TaskDetails } from '../../preload/task-details.ts'
import type { Failure } from '../core/failure.ts'
import type { MergeOutcome } from '../core/merge/merge.ts'
import type { TaskMessage } from '../core/task/message.ts'
import type { Task } from '../core/task/task.ts'
import { baseName, startOf } from '../core/task/task-base.ts'
import { notesOf } from '../core/task/view.ts'
import { visibleLine, visibleText } from '../core/visible-text.ts'
import type { ChangesSeen } from '../tasks/contract.ts'
import { filesOf } from '../tasks/record/task-files.ts'
import { changedFile } from './changed-file.ts'
import { failureInWindow } from './window-words.ts'

const shownFiles = 2_000

export function taskDetails(task: Task, row: TaskRow): TaskDetails {
  const files = filesOf(task)
  const start = startOf(task)
  const outcome = task.state.phase === 'finished' ? task.state.outcome : null
  return {
    row,
    description: visibleText(task.description),
    repoPath: task.repoPath,
    branch: task.branch,
    startCommit: task.startCommit,
    caps: task.caps ?? null,
    agent: task.agent ?? null,
    base: start ? baseName(start) : null,
    summary: task.result ? visibleText(task.result.summary) : null,
    failure: visibleFailure(outcome?.kind === 'failed' ? outcome.failure : task.stopReason),
    merge: task.merge && visibleMerge(task.merge),
    check: task.result?.check ? { ...task.result.check, output: visibleText(task.result.check.output) } : null,
    messages: task.messages.map(shownMessage),
    holdMs: task.holdMs ?? null,
    forkOf: task.fork?.task ?? null,
    resolves: task.resolves?.task ?? null,
    notes: notesOf(task).map(visibleLine),
    also: task.work?.also ?? [],
    folder: files.folder,
    consolePath: files.console,
  }
}

/** A check's output is a guest's. */
function visibleMerge(merge: MergeOutcome): MergeOutcome {
  if (merge.kind === 'unchanged' || !merge.check) return merge
  return { ...merge, check: { ...merge.check, output: visibleText(merge.check.output) } }
}

/** Enough of a message to know it by. */
const shownMessageLength = 2_000

const shownMessage = (message: TaskMessage): TaskMessage =>
  message.kind === 'text' ? { ...message, text: visibleText(message.text.slice(0, shownMessageLength)) } : message

/** What the window shows of a task's changes. Pure. */
export const shownChanges = ({ live, readAt, commits, files, notes }: ChangesSeen): Changes => ({
  ...{ live, readAt, commits, notes },
  files: files.slice(0, shownFiles).map(changedFile),
  fileCount: files.length,
})

/** A message may quote what a guest printed. */
function visibleFailure(failure: Failure | null): Failure | null {
  if (failure === null) return null
  const { code, message, hint } = failureInWindow(failure)
  return { code, message: visibleText(message), ...(hint !== undefined && { hint: visibleText(hint) }) }
}
