import { z } from 'zod'
import type { PullRequest } from '../../core/pull-request.ts'
import type { RequestText } from './request-text.ts'

/** A request as its forge tells of it, with the tip of its branch there. */
export interface SeenRequest extends PullRequest {
  readonly commit: string
}

/** `failed` has the names of those that did not pass. */
export type ChecksSeen =
  | { readonly state: 'none' | 'running' | 'passed' }
  | { readonly state: 'failed'; readonly failed: readonly string[] }

export interface CommentSeen {
  /** Unlike that of any other comment at the request. */
  readonly id: string
  readonly author: string
  readonly text: string
  /** The file that it is of; null where it is of none. */
  readonly path: string | null
}

/** Of each check whether it passed, undefined while it runs. Pure. */
export function checksOf(all: readonly { readonly name: string; readonly passed: boolean | undefined }[]): ChecksSeen {
  const failed = all.filter(({ passed }) => passed === false).map(({ name }) => name)
  if (all.some(({ passed }) => passed === undefined)) return { state: 'running' }
  if (failed.length > 0) return { state: 'failed', failed }
  return { state: all.length === 0 ? 'none' : 'passed' }
}

/** What is asked of a forge, whatever it calls that. Every method throws ForgeRefusal. */
export interface ForgeClient {
  /** Of requests whose branch this is, the newest 100, newest first, open or not. */
  find(branch: string, signal: AbortSignal): Promise<readonly SeenRequest[]>
  open(
    wish: RequestText & { readonly branch: string; readonly target: string },
    signal: AbortSignal,
  ): Promise<SeenRequest>
  look(number: number, signal: AbortSignal): Promise<SeenRequest>
  /** What runs or ran there for the commit. */
  checks(request: { readonly number: number; readonly commit: string }, signal: AbortSignal): Promise<ChecksSeen>
  /** What was said at the request, by whomever, of each kind oldest first, and fifty at most. */
  comments(number: number, signal: AbortSignal): Promise<readonly CommentSeen[]>
}

/** What is shown as a link. */
export const webAddress = z
  .string()
  .max(1_000)
  .refine((url) => ['http:', 'https:'].includes(URL.parse(url)?.protocol ?? ''))
