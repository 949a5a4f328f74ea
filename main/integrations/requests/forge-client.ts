import { z } from 'zod'
import type { PullRequest } from '../../core/pull-request.ts'
import type { RequestText } from './request-text.ts'

/** A request as its forge tells of it, with the tip of its branch there. */
export interface SeenRequest extends PullRequest {
  readonly commit: string
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
}

/** What is shown as a link. */
export const webAddress = z
  .string()
  .max(1_000)
  .refine((url) => ['http:', 'https:'].includes(URL.parse(url)?.protocol ?? ''))
