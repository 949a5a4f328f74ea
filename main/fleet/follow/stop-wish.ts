import { toFailure } from '../../core/failure.ts'
import type { TaskRecord } from '../../tasks/record/task-record.ts'

/** Resolves when a wish that has come is on record. */
export interface StopWish {
  settled(): Promise<void>
}

/** Puts the wish to end the task on record as soon as it comes: the place hears of it when it is reached. */
export function recordStop(record: TaskRecord, stop: AbortSignal): StopWish {
  let recorded: Promise<unknown> = Promise.resolve()
  const wish = (): void => {
    const { state, stopReason } = record.task
    if (stopReason !== null || !('slot' in state) || state.phase === 'merging' || state.phase === 'finished') return
    recorded = record
      .add({ type: 'stop-requested', reason: toFailure(stop.reason, 'cancelled') })
      .catch(() => undefined) // It ended at this moment.
  }
  if (stop.aborted) wish()
  else stop.addEventListener('abort', wish, { once: true })
  return { settled: async () => void (await recorded) }
}
