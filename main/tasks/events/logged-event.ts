import type { TaskId } from '../../core/task/task.ts'
import type { MergeView, ResultView } from '../../core/task/view.ts'

/** What `wait_next_event` delivers: a task ended. */
export interface EndEvent {
  readonly type: 'completed' | 'failed'
  readonly taskId: TaskId
  readonly repo: string
  /** The consumer that asked for the task. */
  readonly owner: string | null
  readonly result: ResultView | null
  readonly mergeResult: MergeView | null
  /** Why it failed, one sentence. */
  readonly error: string | null
  /** What was refused or left out while its work was saved; absent when nothing was. */
  readonly notes?: readonly string[] | undefined
}

/** What `wait_next_event` delivers of a task that has not ended: its agent has nothing to do, and waits to be told more. */
interface IdleEvent {
  readonly type: 'idle'
  readonly taskId: TaskId
  readonly repo: string
  readonly owner: string | null
  /** When it began to wait, by which it is known; ISO 8601, UTC. */
  readonly since: string
  /** When it comes to its end if it is told nothing; ISO 8601, UTC. */
  readonly until: string
  /** What it said last, as a guest says it. */
  readonly said: string | null
}

/** What `wait_next_event` delivers of a task that has ended: something became of the request for its work at a forge. */
export interface RequestEvent {
  readonly type: 'pull_request'
  readonly taskId: TaskId
  readonly repo: string
  readonly owner: string | null
  readonly what: RequestNews
  readonly number: number
  readonly url: string
  /** Of checks: the commit that they were of. */
  readonly commit?: string | undefined
  /** Of a comment: the id by which its forge knows it. */
  readonly comment?: string | undefined
  /** What a stranger wrote, visible and cut: a comment with its author, or names of checks that failed. */
  readonly said?: string | undefined
}

export const requestNews = ['opened', 'merged', 'closed', 'checks_passed', 'checks_failed', 'commented'] as const
export type RequestNews = (typeof requestNews)[number]

export type NewEvent = EndEvent | IdleEvent | RequestEvent

interface Logged {
  /** 1, 2, 3, ... never reused; a number can be missing. */
  readonly seq: number
  /** ISO 8601, UTC. */
  readonly at: string
}

export type LoggedEnd = EndEvent & Logged
export type LoggedEvent = LoggedEnd | (IdleEvent & Logged) | (RequestEvent & Logged)

/** Whether it tells that a task ended. */
export const isEnd = (event: LoggedEvent): event is LoggedEnd => event.type === 'completed' || event.type === 'failed'
