import { cutText } from '../../api/truncate-text.ts'
import { type EventView, eventView } from '../../api/views.ts'
import { cut } from '../../core/cut.ts'
import type { HookKind } from '../../core/hook.ts'
import { visibleLine, visibleText } from '../../core/visible-text.ts'
import { isEnd, type LoggedEnd, type LoggedEvent, type RequestEvent } from '../../tasks/events/logged-event.ts'

/** What a target is told once, in the forms that the targets need. */
export interface HookMessage {
  /** The same however often it is sent; a receiver that has seen it can pass over it. */
  readonly id: string
  readonly kind: HookKind | 'test'
  /** When it happened; ISO 8601, UTC. */
  readonly at: string
  readonly taskId: string | null
  readonly repo: string | null
  /** One line, and some more of what the agent said. */
  readonly title: string
  readonly text: string
  /** What `wait_next_event` answers, without what is of a client alone. */
  readonly data: Omit<EventView, 'pending'> | null
}

/** Pure. */
export function hookKindOf(event: LoggedEvent): HookKind {
  if (isEnd(event)) return endKindOf(event)
  return event.type === 'idle' ? 'idle' : 'pull-request'
}

export type EndKind = Exclude<HookKind, 'idle' | 'pull-request'>

/** Pure. */
export function endKindOf(event: LoggedEnd): EndKind {
  if (event.type === 'failed') return 'failed'
  const { mergeResult } = event
  if (mergeResult === null) return 'unchanged'
  if (!mergeResult.merged) return 'needs-you'
  return mergeResult.method === 'none' ? 'unchanged' : 'merged'
}

/** Pure. `description` is the task's text; null where the task is gone. */
export function hookMessage(event: LoggedEvent, description: string | null): HookMessage {
  const kind = hookKindOf(event)
  const { pending: _pending, ...data } = eventView({ event, pending: 0 })
  const [firstLine = ''] = (description ?? '').trim().split('\n')
  const what = firstLine === '' ? `task ${event.taskId}` : visibleLine(cut(firstLine, titleLimit))
  return {
    id: `task-${event.taskId}-${event.seq}`,
    kind,
    at: event.at,
    taskId: event.taskId,
    repo: event.repo,
    title: `${event.repo}: ${event.type === 'pull_request' ? newsText(event) : words[kind]}: ${what}`,
    text: visibleText(cutText(saidOf(event), textLimit, `microvm-orchestrator info ${event.taskId}`)),
    data,
  }
}

/** Says that a hook works; no task has ended. */
export const testMessage = (at: string): HookMessage => ({
  id: `test-${at}`,
  kind: 'test',
  at,
  taskId: null,
  repo: null,
  title: 'microvm-orchestrator: this is a test of a hook',
  text: 'Ends of tasks are told here.',
  data: null,
})

const titleLimit = 200
const textLimit = 1_500

const words: Readonly<Record<HookKind, string>> = {
  merged: 'merged',
  unchanged: 'ended with nothing to merge',
  'needs-you': 'ended, and its work waits for you',
  failed: 'failed',
  idle: 'its agent waits to be told more',
  'pull-request': 'something became of its pull request',
}

const newsText = ({ what, number }: Pick<RequestEvent, 'what' | 'number'>): string =>
  `its pull request ${number} ${newsWords[what]}`

const newsWords: Readonly<Record<RequestEvent['what'], string>> = {
  ...{ opened: 'was opened', merged: 'was merged', closed: 'was closed', commented: 'was commented' },
  ...{ checks_passed: 'passed its checks', checks_failed: 'failed its checks' },
}

function saidOf(event: LoggedEvent): string {
  if (event.type === 'idle') return event.said ?? ''
  if (event.type === 'pull_request') return [event.url, event.said ?? ''].join('\n').trimEnd()
  if (event.type === 'failed') return event.error ?? ''
  const { mergeResult, result } = event
  const detail = mergeResult && !mergeResult.merged ? mergeResult.detail : ''
  return [detail, result?.summary ?? ''].filter((part) => part !== '').join('\n')
}
