import { AppError } from '../../../main/core/failure.ts'
import type { MergeOutcome, Selection } from '../../../main/core/merge/merge.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { Reviews } from '../../../main/tasks/contract.ts'

/** Reviews with no repository behind them: what was accepted and rejected is told, and nothing collides. */
export class ScriptedReviews implements Reviews {
  readonly accepted: { readonly id: TaskId; readonly selection: Selection | undefined }[] = []
  readonly rejected: { readonly id: TaskId; readonly dropRef: boolean }[] = []
  readonly #merge: (id: TaskId) => Promise<MergeOutcome>

  constructor(merge: (id: TaskId) => Promise<MergeOutcome>) {
    this.#merge = merge
  }

  async accept(id: TaskId, selection?: Selection): Promise<MergeOutcome> {
    this.accepted.push({ id, selection })
    return await this.#merge(id)
  }

  async reject(id: TaskId, { dropRef }: { readonly dropRef: boolean }): Promise<void> {
    this.rejected.push({ id, dropRef })
  }

  readonly look = nothingWaits
  readonly commit = nothingWaits
  readonly diff = nothingWaits
  readonly conflicts = nothingWaits
  readonly openConflict = nothingWaits
  readonly choose = nothingWaits
  readonly finish = nothingWaits

  abandon(): Promise<void> {
    return Promise.resolve()
  }
}

const nothingWaits = (): Promise<never> => Promise.reject(new AppError('merge-failed', 'Nothing waits'))
