import { setTimeout as sleep } from 'node:timers/promises'
import { inTurn } from '../../lib/in-turn.ts'
import type { Link } from '../link.ts'
import { channels, type ToHome } from '../protocol.ts'
import type { Packed } from './checkpoints.ts'
import type { NodeTask } from './node-task.ts'
import type { SeatFiles } from './seat-files.ts'
import { tellFile } from './tell-files.ts'

/** The task whose work is told, and whom. */
export interface WorkFor {
  readonly task: NodeTask
  readonly files: SeatFiles
  readonly link: Link<ToHome>
}

/** Tells home what the task has so far, every `ms` until `over` fires. One that has begun is told whole. */
export async function tellCheckpoints(
  to: WorkFor,
  { ms, over }: { readonly ms: number; readonly over: AbortSignal },
): Promise<void> {
  to.task.forgetCheckpoint()
  for (;;) {
    await sleep(ms, undefined, { signal: over, ref: false }).catch(() => undefined) // Only an abort ends it early.
    if (over.aborted) return
    await tellCheckpoint(to)
  }
}

/** Tells home what the task has at this moment, because it asked. */
export async function tellLook(to: WorkFor): Promise<void> {
  const packed = await tellCheckpoint(to)
  to.link.send({ type: 'looked', seen: packed && { commit: packed.commit, notes: [...packed.notes] } })
}

/** Tells home all of the work, at the task's end. */
export const tellWork = ({ files, link }: WorkFor): Promise<void> =>
  onItsChannel(files, () => tellFile(files.workPack, channels.work, (channel, bytes) => link.write(channel, bytes)))

const tellCheckpoint = ({ task, files, link }: WorkFor): Promise<Packed | null> =>
  onItsChannel(files, async () => {
    const packed = await task.checkpoint()
    if (!packed?.isNew) return packed
    await tellFile(files.checkpointPack, channels.work, (channel, bytes) => link.write(channel, bytes))
    link.send({ type: 'checkpoint', commit: packed.commit })
    return packed
  })

/** One after the other: each is whole on the channel before the next begins. */
const onItsChannel = <Told>({ seat }: SeatFiles, tell: () => Promise<Told>): Promise<Told> =>
  inTurn(`work of ${seat}`, tell)
