import type { Delta } from '../../preload/live-state.ts'
import type { AnyReply } from '../window/answer-call.ts'
import type { Attention } from '../window/feed.ts'

/** Who answers the window: the orchestrator in this process, or a server of the same home whose window the app has become. */
export interface Backend extends AsyncDisposable {
  /** Whether tasks run in this process, and end or go on with it. */
  readonly isOwn: boolean
  /** Never rejects. */
  call(name: string, request: unknown): Promise<AnyReply>
  /** @returns the end of it. */
  listen(listener: (delta: Delta) => void, attention: Attention): () => void
  /** Ends it as disposal does, and leaves running tasks to their machines whatever the settings say. */
  leave(): Promise<void>
  /** The host is about to sleep, and has woken. */
  hostSleeps(): Promise<void>
  hostWakes(): Promise<void>
  /** Resolves when it went away by itself; never for our own. */
  readonly gone: Promise<void>
}
