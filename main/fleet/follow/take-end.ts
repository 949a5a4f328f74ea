import { type Failure, toFailure } from '../../core/failure.ts'
import type { MachineExit, Task } from '../../core/task/task.ts'
import { seatOf } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { endTask } from '../../tasks/finish/end-task.ts'
import { showInWorkTree } from '../../tasks/record/mirror.ts'
import { addNote, type PlacedRun } from '../../tasks/run/task-run.ts'
import { takeCheckpoint } from '../brought-files.ts'
import type { PlacedEnd } from '../protocol.ts'
import { ownWords } from './apply-status.ts'

/** All of it is on our disk: from now on the end is ours to conclude. */
export async function takeEnd({ record, context }: PlacedRun, end: PlacedEnd): Promise<void> {
  if (end.kind === 'failed') {
    const { stopReason } = record.task
    return await endTask(record, stopReason ?? withSeat(ownWords(end.failure), record.task))
  }
  if (end.stopReason && record.task.stopReason === null)
    await record.add({ type: 'stop-requested', reason: ownWords(end.stopReason) })
  await record.add({ type: 'machine-exited', exit: plainExit(end.exit) })
  await showInWorkTree(record.task, context)
}

const plainExit = (exit: MachineExit): MachineExit =>
  'detail' in exit ? { ...exit, detail: singleLineText(exit.detail) } : exit

/** Nothing more comes home of the task: told once, and what has come is kept. */
export async function giveUp({ record, stop }: PlacedRun, why: string): Promise<'finished' | 'home'> {
  const { state, stopReason } = record.task
  // A wish that came before the task was placed is on no record.
  const wish = stopReason ?? (stop.aborted ? toFailure(stop.reason, 'cancelled') : null)
  const failure: Failure = wish ?? withSeat({ code: 'interrupted', message: why }, record.task)
  // Of a task that goes on and has no machine yet, what its last run left is where it was.
  const { machineStartedAt, parkings } = record.task
  if (!('slot' in state) || (machineStartedAt === null && parkings.length > 0)) {
    await endTask(record, failure)
    return 'finished'
  }
  if (stopReason === null) await record.add({ type: 'stop-requested', reason: failure })
  else await addNote(record, `${why}. Its guest may work on there until its time is over. ${leftIn(record.task)}`)
  await takeCheckpoint(record.files).catch(() => undefined) // What of it cannot be had is lost with the rest.
  await record.add({ type: 'machine-exited', exit: { kind: 'crashed', exitCode: null, signal: null, detail: why } })
  return 'home'
}

/** Where to look for what a task may have left that did not come home. */
const withSeat = (failure: Failure, task: Task): Failure =>
  task.machineStartedAt === null ? failure : { ...failure, hint: leftIn(task) }

const leftIn = ({ id, place, node }: Task): string =>
  place
    ? `What it left there is in ${seatOf(place, node)}; to bring it once that is back: microvm-orchestrator merge ${id}`
    : ''
