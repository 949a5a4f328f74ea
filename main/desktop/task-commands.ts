import type { TaskRow } from '../../preload/live-state.ts'
import { isWaiting } from '../../preload/task-needs.ts'
import { failureText } from '../core/failure.ts'
import type { TaskId } from '../core/task/task.ts'
import type { MergeView } from '../core/task/view.ts'
import type { AnyReply } from '../window/answer-call.ts'
import type { DesktopAction } from './menu/entries.ts'

/** What a menu or a notification asks of tasks. */
export type TaskCommand = Extract<DesktopAction, { kind: 'stop' | 'merge' | 'retry' | 'stop-all' }>

/** What came of it. */
export type CommandResult =
  | { readonly kind: 'done' }
  /** A task that was not there before. */
  | { readonly kind: 'started'; readonly id: TaskId }
  | { readonly kind: 'refused'; readonly title: string; readonly body: string }

export interface CommandTools {
  /** Makes a call of the window, so that the operations are the same. Never rejects. */
  readonly call: (name: string, request: unknown) => Promise<AnyReply>
  /** Whether the user wants these stopped. */
  readonly confirm: (tasks: readonly TaskRow[]) => Promise<boolean>
}

/** Carries a command out, through the same calls as the window. */
export async function taskCommand(
  command: TaskCommand,
  tasks: readonly TaskRow[],
  { call, confirm }: CommandTools,
): Promise<CommandResult> {
  switch (command.kind) {
    case 'merge': {
      const reply = await call('mergeTask', { id: command.id })
      if (!reply.ok) return refused('Not merged', reply)
      const merge = reply.value as MergeView
      return merge.merged ? { kind: 'done' } : { kind: 'refused', title: 'Not merged', body: merge.detail }
    }
    case 'retry': {
      const reply = await call('retryTask', { id: command.id })
      return reply.ok ? { kind: 'started', id: (reply.value as { id: TaskId }).id } : refused('Not started', reply)
    }
    case 'stop':
    case 'stop-all': {
      const meant = tasks.filter(
        ({ id, state }) => state.phase !== 'finished' && (command.kind === 'stop-all' || id === command.id),
      )
      if (meant.length === 0 || !(await confirm(meant))) return { kind: 'done' }
      const replies = await Promise.all(meant.map(({ id }) => call('cancelTask', { id })))
      // One that came to its end while the user was asked has nothing left to stop.
      const failed = replies.find((reply) => !reply.ok && !ended.has(reply.failure.code))
      return failed && !failed.ok ? refused('Not stopped', failed) : { kind: 'done' }
    }
  }
}

const ended: ReadonlySet<string> = new Set(['task-ended', 'task-busy'])

const refused = (title: string, { failure }: Extract<AnyReply, { ok: false }>): CommandResult => ({
  kind: 'refused',
  title,
  body: failureText(failure),
})

/** What the user is asked before tasks are stopped. Pure. */
export function stopQuestion(tasks: readonly TaskRow[]): { readonly message: string; readonly detail: string } {
  const [only, ...others] = tasks
  const waiting = tasks.filter(isWaiting).length
  const all = `Stop all ${tasks.length} tasks`
  const message =
    only && others.length === 0
      ? `Stop “${only.title}”?`
      : waiting === 0
        ? `${all}?`
        : `${all}, ${waiting} of which ${waiting === 1 ? 'waits' : 'wait'}?`
  return {
    message,
    detail: 'What they have made so far is kept at refs/tasks/ID; your checkouts stay as they are.',
  }
}
