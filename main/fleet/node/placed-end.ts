import { type Failure, toFailure } from '../../core/failure.ts'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import type { Task } from '../../core/task/task.ts'
import type { BroughtWork } from '../../tasks/record/told-work-schema.ts'
import { cancelled } from '../../tasks/run/cancel-task.ts'
import type { PlacedEnd } from '../protocol.ts'
import type { SeatFiles } from './seat-files.ts'
import { packWork, tipsOf } from './store.ts'

/** How a task ended here, with its work packed for home where it was saved. @throws where it cannot be packed for now. */
export async function placedEnd(
  { state, exit, stopReason }: Task,
  salvaged: SalvagedWork | Failure,
  { files, startCommit }: { readonly files: SeatFiles; readonly startCommit: string },
): Promise<PlacedEnd> {
  if (state.phase === 'finished' && exit === null)
    return failedEnd(state.outcome.kind === 'failed' ? state.outcome.failure : toFailure(cancelled()))
  // One that went on, of which the keeper died before its machine ran: home has all of it.
  if (state.phase === 'parked')
    return failedEnd({ code: 'interrupted', message: 'Its keeper ended before the task had a virtual machine' })
  const ended = {
    kind: 'ran',
    exit: exit ?? { kind: 'crashed', exitCode: null, signal: null, detail: 'nobody saw it end' },
    stopReason: stopReason && bounded(stopReason),
  } as const
  if ('code' in salvaged) return { ...ended, work: { lost: bounded(salvaged) } }
  const tips = tipsOf(salvaged, startCommit)
  await packWork(files, { pack: files.workPack, startCommit, tips: tips.map(({ id }) => id) })
  return { ...ended, work: { saved: placedWork(salvaged, startCommit) } }
}

/** The end of a task that never had a machine. */
export const failedEnd = (failure: Failure): PlacedEnd => ({ kind: 'failed', failure: bounded(failure) })

/** As home takes it. */
export const bounded = ({ code, message, hint }: Failure): Failure => ({
  code,
  message: message.slice(0, 4_000),
  ...(hint !== undefined && { hint: hint.slice(0, 1_000) }),
})

function placedWork(work: SalvagedWork, startCommit: string): Extract<BroughtWork, { saved: unknown }>['saved'] {
  const { operation = null, ...markers } = work.left ?? { files: [] }
  return {
    commit: work.commit,
    wip: work.wip,
    also: tipsOf({ ...work, commit: startCommit }, startCommit).map(({ id, from }) => ({
      commit: id,
      from: from.slice(0, 500),
    })),
    operation,
    markers: { ...markers, files: [...markers.files] },
    notes: [...work.notes],
    unsaved: work.unsaved ?? false,
  }
}
