import { messageOf } from '../../core/failure.ts'

/** What `fetch` rejects with says that it failed; why, its cause says: the system's code where there is one, else a sentence. Pure. */
export function whyFetchFailed(error: unknown): string {
  const cause = (error instanceof Error && error.cause) || error
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : messageOf(cause)
}
