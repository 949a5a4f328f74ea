import type { TaskBrief } from '../core/task/task-brief.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { Consumer, Delivery } from '../tasks/events/event-consumers.ts'

export type Waited =
  | { readonly kind: 'event'; readonly delivery: Delivery }
  | { readonly kind: 'timeout' }
  /** Nothing waits for the consumer, and nothing can come. */
  | { readonly kind: 'no-running-tasks' }

export interface WaitOptions {
  /** 0 looks without waiting. */
  readonly timeoutMs: number
  /** Replays: the first event with a higher number, heard or not. */
  readonly after?: number
  readonly tickMs: number
  /** Called every `tickMs` with the tasks that have not ended. */
  readonly onTick?: (tasks: readonly TaskBrief[]) => void
}

/**
 * Waits for the consumer's next event. Rejects with the signal's reason when it fires; nothing is consumed then, nor before
 * the delivery is acknowledged.
 */
export async function waitNextEvent(
  tasks: Tasks,
  consumer: Consumer,
  { timeoutMs, after, tickMs, onTick }: WaitOptions,
  signal: AbortSignal,
): Promise<Waited> {
  const options = after === undefined ? {} : { after }
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal.throwIfAborted()
    const all = await tasks.find({ kind: 'open' })
    // Looked at before what is there to take: a task may end between the two, and its event must not be missed.
    const idle = !(await canEnd(tasks, all))
    signal.throwIfAborted()
    const delivery = consumer.take(options)
    if (delivery) return { kind: 'event', delivery }
    if (idle) return { kind: 'no-running-tasks' }
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) return { kind: 'timeout' }

    const pause = AbortSignal.timeout(Math.ceil(Math.min(leftMs, tickMs)))
    try {
      return { kind: 'event', delivery: await consumer.next(options, AbortSignal.any([signal, pause])) }
    } catch (error) {
      if (!pause.aborted || signal.aborted) throw error
      if (performance.now() < deadline) onTick?.(await tasks.find({ kind: 'open' }))
    }
  }
}

/** Whether some task has still to end, or has ended without its event being in the log yet. */
async function canEnd(tasks: Tasks, all: readonly TaskBrief[]): Promise<boolean> {
  for (const task of all) {
    // One that waits for others ends no earlier than they do, and one that is held not by itself.
    const readiness = tasks.readiness(task.id)
    if (readiness !== null && readiness.kind !== 'ready') continue
    if (task.state.phase !== 'finished') return true
    if (task.announcedSeq === null && !(await tasks.events.endOf(task))) return true
  }
  return false
}

/** Ends a delivery by what became of the answer that carried it: the cursor moves only when it arrived. */
export function acknowledgeOnArrival({ acknowledge, release }: Delivery, arrived: Promise<boolean>): void {
  void arrived.then((yes) => (yes ? acknowledge() : release()))
}
