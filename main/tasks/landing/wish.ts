import { AppError } from '../../core/failure.ts'
import type { MergeOutcome } from '../../core/merge/merge.ts'
import type { CheckPolicy } from '../../core/merge/merge-policy.ts'
import type { SlotId, Task } from '../../core/task/task.ts'

/** Work that may come onto its branch once its check has succeeded on the very files that come there. */
export interface LandingWish {
  /** The check has succeeded on its work as it was made. */
  readonly task: Task
  /** What waits at its ref. */
  readonly commit: string
  readonly policy: CheckPolicy
  /** The slot that the task holds, in which it is checked; null where it has to be given one. */
  readonly slot: SlotId | null
  /** Whether commits that are written bear the sign of their task. */
  readonly signed: boolean
  /** Whether a check that did not succeed counts when it is run again on the same files. Else they are not checked twice. */
  readonly believesFailures: boolean
  /** Asked right before the branch moves: why the work may not land any more, by rules that were changed while it waited; null where it may. */
  readonly refused: () => Promise<MergeOutcome | null>
}

/** Brings checked work onto branches. */
export interface Lander {
  /**
   * Resolves when the work is on its branch, or with why it is not; that can take as long as its check and those before it.
   * @throws LandingLeft when the orchestrator ends first.
   */
  land(wish: LandingWish): Promise<MergeOutcome>
}

/** The orchestrator ends: nothing was decided, and the next start begins again. */
export class LandingLeft extends AppError {
  constructor() {
    super('interrupted', 'The orchestrator ended before the work was checked as it would be on its branch', {
      hint: 'Merge it again when the server runs: merge_task',
    })
  }
}
